/* config-check.c - what settings must be: strings by themselves, and numbers to each other */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/text.h"
#include "mtchatd/config-check.h"
#include "mtchatd/messages.h"
#include "mtchatd/render.h"

enum {
	MESSAGE_MAX = 384,
	RINGS_OF_ROOM = 2, /* text and JSON Lines */
};

void complain(struct reader *reader, const char *file, int line, const char *format, ...)
{
	char message[MESSAGE_MAX], place[16] = "";
	va_list list;

	if (++reader->errors > CONFIG_ERRORS_MAX)
		return;
	va_start(list, format);
	vsnprintf(message, sizeof(message), format, list);
	va_end(list);
	if (line > 0)
		snprintf(place, sizeof(place), "%d:", line);
	log_event(LOG_ERR, (&(struct log_fields){.message_id = MESSAGE_CONFIG_ERROR}), "%s:%s %s",
		  file, place, message);
}

static const struct origin *origin_of(const struct reader *reader, const char *name)
{
	return &reader->origins[setting_find(name, strlen(name)) - settings];
}

/* Of two settings that do not fit each other the later one is to blame. */
static void blame(struct reader *reader, const char *a, const char *b, const char *message)
{
	const struct origin *origin_a = origin_of(reader, a), *origin_b = origin_of(reader, b);
	bool b_is_later = origin_b->order > origin_a->order;
	const struct origin *origin = b_is_later ? origin_b : origin_a;

	complain(reader, origin->file ? origin->file : reader->name, origin->line, "%s %s",
		 b_is_later ? b : a, message);
}

bool normal_address(const char *address, char ret[INET6_ADDRSTRLEN])
{
	struct in6_addr bytes;

	if (inet_pton(AF_INET, address, &bytes) == 1)
		return inet_ntop(AF_INET, &bytes, ret, INET6_ADDRSTRLEN) != NULL;
	if (inet_pton(AF_INET6, address, &bytes) != 1)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&bytes))
		return inet_ntop(AF_INET, &bytes.s6_addr[12], ret, INET6_ADDRSTRLEN) != NULL;
	return inet_ntop(AF_INET6, &bytes, ret, INET6_ADDRSTRLEN) != NULL;
}

bool normal_network(const char *network, char ret[NETWORK_TEXT_MAX])
{
	struct network parsed;

	if (!network_parse(network, &parsed))
		return false;
	network_text(&parsed, ret);
	return true;
}

bool is_socket_path(const char *path, size_t room)
{
	size_t size = strlen(path);

	if (size == 0)
		return true;
	return path[0] == '/' && size < room && text_clean_prefix(path, size) == size;
}

/* Bytes of the longest rendered line. */
static int rendered_max(const struct config *config)
{
	return TEXT_GROWTH * config->max_line + RENDER_OVERHEAD;
}

/* Bytes of a quarter of a ring. */
static int ring_quarter(const struct config *config)
{
	return config->room_log_kib * 1024 / 4;
}

bool line_fits_ring(const struct config *config)
{
	return rendered_max(config) <= ring_quarter(config);
}

void check_ring(struct reader *reader)
{
	const struct config *config = &reader->config;
	char message[MESSAGE_MAX];

	if (line_fits_ring(config))
		return;
	snprintf(message, sizeof(message),
		 "does not fit: max_line = %d needs %d x %d + %d = %d bytes for a rendered line, "
		 "a quarter of room_log_kib = %d is %d bytes",
		 config->max_line, TEXT_GROWTH, config->max_line, RENDER_OVERHEAD,
		 rendered_max(config), config->room_log_kib, ring_quarter(config));
	blame(reader, "max_line", "room_log_kib", message);
}

/* max_rooms is the default, and at least one room fits, or no file is to blame that none does. */
static void lower_rooms(struct config *config, uint64_t half)
{
	uint64_t most = half / ((uint64_t)RINGS_OF_ROOM * (uint64_t)config->room_log_kib);
	int rooms = most > 0 ? (int)most : 1;

	log_event(
		LOG_WARNING, (&(struct log_fields){.message_id = MESSAGE_ROOMS_CLAMPED}),
		"max_rooms is not set: %d by default, but half of the memory limit (MemoryMax=), %" PRIu64
		" KiB, allows no more than %d with %d rings of room_log_kib = %d",
		config->max_rooms, half, rooms, RINGS_OF_ROOM, config->room_log_kib);
	config->max_rooms = rooms;
}

void check_memory(struct reader *reader, uint64_t memory_max)
{
	struct config *config = &reader->config;
	int64_t needed = (int64_t)config->max_rooms * RINGS_OF_ROOM * config->room_log_kib;
	uint64_t half = memory_max / 1024 / 2;
	bool log_is_set = origin_of(reader, "room_log_kib")->file;
	char message[MESSAGE_MAX];

	if (memory_max == 0 || (uint64_t)needed <= half)
		return;
	if (!origin_of(reader, "max_rooms")->file &&
	    (!log_is_set || (uint64_t)RINGS_OF_ROOM * (uint64_t)config->room_log_kib <= half)) {
		lower_rooms(config, half);
		return;
	}
	snprintf(message, sizeof(message),
		 "is too much: max_rooms = %d with %d rings of room_log_kib = %d need %" PRId64
		 " KiB, half of the memory limit (MemoryMax=) is %" PRIu64 " KiB",
		 config->max_rooms, RINGS_OF_ROOM, config->room_log_kib, needed, half);
	blame(reader, "max_rooms", "room_log_kib", message);
}
