/*
 * stress.c - a load that checks itself: talkers, stallers, stuck ones and guests at once
 *
 *	stress PORT SOCKET SECONDS MAX_LINE [raw] [limited] [patient]
 *
 * The room must be fresh: the steady clients count its lines from the first.  Exit status 0,
 * and one line of figures; or 1, and what was wrong.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

enum { EARS = 2, TALKERS = 4, STALLERS = 6, STUCK = 3, GUESTS = 3, CLIENTS = 15 };

_Static_assert(EARS + TALKERS + STALLERS + STUCK == CLIENTS, "all long-lived ones");

struct stress stress = {.patience = 10};
static struct client *clients[CLIENTS]; /* the steady ones first */
static atomic_int settled;

void fail(const struct client *client, const char *format, ...)
{
	static const char *const names[] = {"talker", "ear", "staller", "stuck one", "guest"};
	va_list ap;

	va_start(ap, format);
	flockfile(stdout);
	if (client)
		printf("%s %x: ", names[client->kind], client->talker);
	vprintf(format, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	_exit(1);
}

uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Bytes between the steady client that has heard most and the one that has heard least. */
static uint64_t lag(void)
{
	uint64_t least = UINT64_MAX, most = 0;

	for (int i = 0; i < EARS + TALKERS; i++) {
		uint64_t bytes = atomic_load_explicit(&clients[i]->bytes, memory_order_relaxed);

		least = bytes < least ? bytes : least;
		most = bytes > most ? bytes : most;
	}
	return most - least;
}

static void compose(struct client *client)
{
	for (uint32_t i = draw(client, 3) ? draw(client, 4) : draw(client, 200); i > 0; i--) {
		if (client->unheard && client->unheard + (uint64_t)stress.max_line > WINDOW &&
		    client->unheard > WINDOW / 2)
			return;
		if (client->unheard > WINDOW)
			return;
		client_say(client, false);
		if (draw(client, 8) == 0)
			client_ask(client);
		if (draw(client, 500) == 0)
			client_say_too_much(client);
	}
}

static void receive(struct client *client)
{
	if (!client_receive(client))
		fail(client, "the stream ended");
}

static void talk(struct client *client)
{
	bool readable;

	while (!atomic_load(&stress.finishing)) {
		if (client->out_size == 0 && lag() < LAG_MAX)
			compose(client);
		client_wait(client, true, 2, &readable);
		if (readable)
			receive(client);
	}
}

/* Does not read for a while; asks and says things meanwhile. */
static void stall(struct client *client, uint32_t ms)
{
	uint64_t end = now_ms() + ms;
	uint32_t questions = client->kind == KIND_STUCK ? 2000 : draw(client, 4);
	bool readable;

	client_say(client, false);
	while (now_ms() < end && !atomic_load(&stress.finishing)) {
		for (; questions && client->out_size + 64 < OUT_SIZE; questions--)
			client_ask(client);
		client_wait(client, false, 1, &readable);
	}
}

/* Reads until it has seen what had been said when it began. */
static void catch_up(struct client *client)
{
	uint64_t target = atomic_load(&stress.last);
	uint64_t end = now_ms() + (uint64_t)stress.patience * 1000;
	bool readable;

	while (client->position < target && !atomic_load(&stress.finishing)) {
		client_wait(client, true, 100, &readable);
		if (readable)
			receive(client);
		if (now_ms() > end)
			fail(client, "reads, and gets no further than line %" PRIu64 " of %" PRIu64,
			     client->position, target);
	}
}

static void hear(struct client *client)
{
	bool readable;

	while (!atomic_load(&stress.finishing)) {
		client_wait(client, true, 100, &readable);
		if (readable)
			receive(client);
	}
}

static void read_slowly(struct client *client)
{
	while (!atomic_load(&stress.finishing)) {
		if (client->kind == KIND_STUCK)
			stall(client, 1000 + draw(client, 1500));
		else
			stall(client, draw(client, 8) ? draw(client, 30) : draw(client, 500));
		if (client->kind == KIND_STUCK || draw(client, 2))
			catch_up(client);
		else
			receive(client);
	}
}

static void *run(void *arg)
{
	struct client *client = arg;
	uint64_t end;
	bool readable;

	if (client->kind == KIND_TALKER)
		talk(client);
	else if (client->kind == KIND_EAR)
		hear(client);
	else
		read_slowly(client);
	client_settle(client);
	atomic_fetch_add(&settled, 1);
	for (end = UINT64_MAX; !client->final && now_ms() < end;) {
		client_wait(client, true, 100, &readable);
		if (readable)
			receive(client);
		if (end == UINT64_MAX && atomic_load(&settled) > CLIENTS)
			end = now_ms() + (uint64_t)stress.patience * 1000;
	}
	if (!client->final)
		fail(client, "never hears the last line: is at line %" PRIu64, client->position);
	return NULL;
}

static const struct timespec tenth = {0, 100000000};

/* Lets the load run; that nothing is said for long is a deadlock. */
static void watch(void)
{
	uint64_t end = now_ms() + (uint64_t)stress.seconds * 1000;
	uint64_t last = 0, moved = now_ms();

	while (now_ms() < end) {
		nanosleep(&tenth, NULL);
		if (atomic_load(&stress.last) != last) {
			last = atomic_load(&stress.last);
			moved = now_ms();
		}
		if (now_ms() - moved > (uint64_t)stress.patience * 1000)
			fail(NULL, "nobody hears anything since line %" PRIu64, last);
	}
}

/* The very last line, by which all see that they have the same number of lines. */
static void say_the_last(void)
{
	struct client *client = client_new(KIND_GUEST, false, 0);

	client->talker = TALKERS_MAX - 1;
	client_say(client, false);
	client_settle(client);
	client_free(client);
}

static void enter(int number)
{
	enum kind kind = number < EARS                        ? KIND_EAR
			 : number < EARS + TALKERS            ? KIND_TALKER
			 : number < EARS + TALKERS + STALLERS ? KIND_STALLER
							      : KIND_STUCK;
	bool steady = number < EARS + TALKERS;

	clients[number] = client_new(kind, number % 3 == 1, !steady && number % 2 ? 8192 : 0);
	clients[number]->placed = true;
	client_ask(clients[number]); /* the answer: it is in the room */
	client_settle(clients[number]);
}

static void play(void)
{
	pthread_t threads[CLIENTS + GUESTS];

	for (int i = 0; i < CLIENTS; i++)
		enter(i);
	for (int i = 0; i < CLIENTS + GUESTS; i++)
		pthread_create(&threads[i], NULL, i < CLIENTS ? run : guests_run,
			       i < CLIENTS ? clients[i] : NULL);
	watch();
	atomic_store(&stress.finishing, true);
	for (int i = 0; i < GUESTS; i++)
		pthread_join(threads[CLIENTS + i], NULL);
	while (atomic_load(&settled) < CLIENTS) /* each gives up by itself */
		nanosleep(&tenth, NULL);
	say_the_last();
	atomic_fetch_add(&settled, 1);
	for (int i = 0; i < CLIENTS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < CLIENTS; i++) {
		if (clients[i]->position != atomic_load(&stress.last))
			fail(clients[i], "counts %" PRIu64 " lines, not %" PRIu64,
			     clients[i]->position, atomic_load(&stress.last));
		client_free(clients[i]);
	}
}

int main(int argc, char *argv[])
{
	if (argc < 5) {
		fprintf(stderr,
			"usage: stress PORT SOCKET SECONDS MAX_LINE [raw] [limited] [patient]\n");
		return 64;
	}
	stress.port = (int)strtol(argv[1], NULL, 10);
	stress.socket = argv[2];
	stress.seconds = (int)strtol(argv[3], NULL, 10);
	stress.max_line = (int)strtol(argv[4], NULL, 10);
	for (int i = 5; i < argc; i++) {
		stress.raw |= strcmp(argv[i], "raw") == 0;
		stress.limited |= strcmp(argv[i], "limited") == 0;
		if (strcmp(argv[i], "patient") == 0) /* a slow build */
			stress.patience = 60;
	}
	lines_init(stress.raw);
	stress.order = mmap(NULL, LINES_MAX * sizeof(*stress.order), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (stress.order == MAP_FAILED)
		fail(NULL, "no memory");
	play();
	printf("%" PRIu64 " lines said, %" PRIu64 " heard; %" PRIu64 " pongs, %" PRIu64
	       " too long; %" PRIu64 " skips of %" PRIu64 " lines; %" PRIu64 " guests\n",
	       atomic_load(&stress.last), atomic_load(&stress.lines), atomic_load(&stress.pongs),
	       atomic_load(&stress.refused), atomic_load(&stress.skips),
	       atomic_load(&stress.skipped), atomic_load(&stress.guests));
	return 0;
}
