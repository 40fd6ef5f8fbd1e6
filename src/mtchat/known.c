/* known.c - names and rooms that were heard of, for completion */
#include "mtchat/known.h"

#include <stdlib.h>
#include <string.h>

#include "mtchat/safe.h"

/*
 * Completion puts it into the prompt: so nothing that is not safe there, and no space, which would
 * make two words of it.
 */
static bool is_kept(const char *name)
{
	size_t size = strnlen(name, KNOWN_NAME_MAX + 1);
	char safe[SAFE_SIZE_MAX * KNOWN_NAME_MAX + 1];

	if (size == 0 || size > KNOWN_NAME_MAX || strpbrk(name, " \t"))
		return false;
	return safe_copy(safe, name, size) == size && memcmp(safe, name, size) == 0;
}

/* Where it stands, or list->count.  From the end: who speaks has mostly spoken lately. */
static size_t find(const struct known_list *list, const char *name)
{
	for (size_t i = list->count; i > 0; i--)
		if (strcmp(list->names[i - 1], name) == 0)
			return i - 1;
	return list->count;
}

/* Takes it out, and returns it. */
static char *take(struct known_list *list, size_t i)
{
	char *name = list->names[i];

	memmove(list->names + i, list->names + i + 1, (--list->count - i) * sizeof(*list->names));
	return name;
}

static void forget(struct known_list *list, const char *name)
{
	size_t i;

	if (!name)
		return;
	i = find(list, name);
	if (i < list->count)
		free(take(list, i));
}

/* Without memory it is not remembered: then nobody can complete it. */
static void remember(struct known_list *list, const char *name)
{
	char *copy;
	size_t i;

	if (!name || !is_kept(name))
		return;
	if (!list->names)
		list->names = calloc(KNOWN_MAX, sizeof(*list->names));
	if (!list->names)
		return;
	i = find(list, name);
	copy = i < list->count ? take(list, i) : strdup(name);
	if (!copy)
		return;
	if (list->count == KNOWN_MAX)
		free(take(list, 0));
	list->names[list->count++] = copy;
}

static void forget_all(struct known_list *list)
{
	while (list->count > 0)
		free(list->names[--list->count]);
}

static void remember_all(struct known_list *list, const struct event *event)
{
	for (size_t i = 0; i < event->count; i++)
		remember(list, event_name(event, i));
}

void known_hear(struct known *known, const struct event *event)
{
	switch (event->kind) {
	case EVENT_SAY:
	case EVENT_ME:
	case EVENT_JOIN:
		remember(&known->people, event->from);
		break;
	case EVENT_PRIV:
		remember(&known->people, event->to);
		remember(&known->people, event->from);
		break;
	case EVENT_LEAVE:
		forget(&known->people, event->from);
		break;
	case EVENT_RENAME:
		forget(&known->people, event->from);
		remember(&known->people, event->to);
		break;
	case EVENT_WHO:
		remember_all(&known->people, event);
		break;
	case EVENT_HELLO:
		remember(&known->rooms, event->room);
		break;
	case EVENT_ROOMS:
		remember_all(&known->rooms, event);
		break;
	default:
		break;
	}
}

void known_forget_people(struct known *known)
{
	forget_all(&known->people);
}

void known_done(struct known *known)
{
	forget_all(&known->people);
	forget_all(&known->rooms);
	free(known->people.names);
	free(known->rooms.names);
	*known = (struct known){0};
}
