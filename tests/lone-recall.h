/* lone-recall.h - nonces of names, in an arena that holds nothing else */
#pragma once

#include <string.h>
#include <sys/mman.h>

#include "common/clock.h"
#include "mtchatd/recall.h"

#include "tap.h"

struct memory {
	struct redo_record record;
	uint64_t key[2];
	word said; /* whatever is committed together with a nonce */
	struct recall_record records[RECALL_NAMES];
};

static inline struct memory *new_memory(void)
{
	struct memory *memory = mmap(NULL, sizeof(*memory), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		abort();
	memory->key[0] = UINT64_C(0x0123456789abcdef);
	memory->key[1] = UINT64_C(0xfedcba9876543210);
	return memory;
}

static inline void free_memory(struct memory *memory)
{
	munmap(memory, sizeof(*memory));
}

/* What a process has of it. */
struct owner {
	struct memory *memory;
	struct redo redo;
	struct recalls recalls;
	struct recall_draft draft;
	uint64_t now;
};

enum { BEGAN_AT = 5000 };

/* A process that finds the memory as it is. */
static inline void start(struct owner *owner, struct memory *memory)
{
	*owner = (struct owner){
		.memory = memory,
		.redo = {.record = &memory->record, .arena = (char *)memory},
		.now = BEGAN_AT,
	};
	redo_again(&owner->redo);
	if (recalls_init(&owner->recalls, memory->records, memory->key) < 0)
		abort();
}

static inline void end(struct owner *owner)
{
	recalls_done(&owner->recalls);
}

/* The same time, another process. */
static inline void start_again(struct owner *owner)
{
	uint64_t now = owner->now;

	end(owner);
	start(owner, owner->memory);
	owner->now = now;
}

static inline struct name make(const char *text)
{
	struct name name;

	if (name_parse(&name, text, strlen(text)) != NAME_GOOD)
		abort();
	return name;
}

static inline struct name make_numbered(const char *stem, uint32_t number)
{
	char text[NAME_MAX_BYTES];

	snprintf(text, sizeof(text), "%s%u", stem, number);
	return make(text);
}

static inline bool knows_name(const struct owner *owner, const struct name *name, const char *nonce)
{
	return recall_knows(&owner->recalls, &owner->draft, name, nonce, strlen(nonce), owner->now);
}

static inline bool knows(const struct owner *owner, const char *text, const char *nonce)
{
	struct name name = make(text);

	return knows_name(owner, &name, nonce);
}

static inline bool knows_number(const struct owner *owner, const struct name *name, uint64_t number)
{
	char nonce[32];

	snprintf(nonce, sizeof(nonce), "%llu", (unsigned long long)number);
	return knows_name(owner, name, nonce);
}

static inline int note_name(struct owner *owner, const struct name *name, const char *nonce)
{
	return recall_note(&owner->recalls, &owner->draft, name, nonce, strlen(nonce), owner->now);
}

static inline int note(struct owner *owner, const char *text, const char *nonce)
{
	struct name name = make(text);

	return note_name(owner, &name, nonce);
}

static inline int note_number(struct owner *owner, const struct name *name, uint64_t number)
{
	char nonce[32];

	snprintf(nonce, sizeof(nonce), "%llu", (unsigned long long)number);
	return note_name(owner, name, nonce);
}

static inline void drop(struct owner *owner)
{
	owner->draft = (struct recall_draft){0};
}

static inline void commit(struct owner *owner)
{
	recall_put(&owner->draft, &owner->redo);
	redo_commit(&owner->redo);
	drop(owner);
}

/* One nonce, committed. */
static inline void use(struct owner *owner, const char *text, const char *nonce)
{
	if (note(owner, text, nonce) != 0)
		abort();
	commit(owner);
}

static inline uint32_t record_of(const struct owner *owner, const char *text)
{
	struct name name = make(text);
	uint32_t number = RECALL_NAMES;

	names_find(&owner->recalls.index, &name, &number);
	return number;
}
