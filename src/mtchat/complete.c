/* complete.c - what TAB makes of the word before the cursor */
#include "mtchat/complete.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mtchat/ignored.h"

/* The server's commands, but /json, which is not for people; then the client's own. */
static const char *const commands[] = {"/name",  "/me",   "/msg",    "/who",      "/join",
				       "/rooms", "/last", "/since",  "/ping",     "/help",
				       "/quit",  "/set",  "/ignore", "/reconnect"};

static const char *const settings[] = {"bell", "notify", "colour", "comings", "timeout"};

/* Of "/set bell " and so on; a number has none. */
static const char *const bells[] = {"off", "mention", "all"};
static const char *const notifications[] = {"bell", "osc9", "osc777"};
static const char *const switches[] = {"on", "off"};

#define WORDS(array) (array), sizeof(array) / sizeof(*(array))

static const struct values {
	const char *setting;
	const char *const *words;
	size_t count;
} values[] = {
	{"bell", WORDS(bells)},
	{"notify", WORDS(notifications)},
	{"colour", WORDS(switches)},
	{"comings", WORDS(switches)},
};

enum source { FROM_NAMES, FROM_COMMANDS, FROM_ROOMS, FROM_SETTINGS, FROM_VALUES };

/* What stands behind commands; all else are names. */
static const struct argument {
	const char *command;
	size_t from, to; /* which of the words behind it, from 1 on */
	enum source source;
} arguments[] = {
	{"/join", 1, 1, FROM_ROOMS},        {"/rooms", 1, 1, FROM_ROOMS},
	{"/who", 1, 1, FROM_ROOMS},         {"/set", 1, 1, FROM_SETTINGS},
	{"/set", 2, SIZE_MAX, FROM_VALUES},
};

struct view {
	const char *text;
	size_t size;
};

/* The line up to the cursor. */
struct place {
	struct view first, second; /* of its words, those behind the last space not among them */
	size_t before;             /* how many words there are before */
	struct view word;          /* this one: what stands behind the last space */
};

/* What was typed, folded, and what fits it so far. */
struct search {
	char typed[IGNORED_SIZE];
	size_t typed_size;
	struct completions found;
	size_t room; /* of found.words */
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_word(struct view view, const char *word)
{
	return view.size == strlen(word) && memcmp(view.text, word, view.size) == 0;
}

/* What was pasted may have LFs in it: only the last line counts. */
static struct place find_place(const char *line, size_t point)
{
	const char *lf = memrchr(line, '\n', point);
	const char *at = lf ? lf + 1 : line, *end = line + point, *start;
	struct place place = {0};

	for (;;) {
		for (start = at; at < end && !is_space(*at);)
			at++;
		place.word = (struct view){start, (size_t)(at - start)};
		if (at == end)
			return place;
		if (place.before == 0)
			place.first = place.word;
		else if (place.before == 1)
			place.second = place.word;
		place.before++;
		while (at < end && is_space(*at))
			at++;
	}
}

static enum source find_source(const struct place *place)
{
	if (place->before == 0)
		return place->word.size > 0 && place->word.text[0] == '/' ? FROM_COMMANDS
									  : FROM_NAMES;
	for (size_t i = 0; i < sizeof(arguments) / sizeof(*arguments); i++)
		if (place->before >= arguments[i].from && place->before <= arguments[i].to &&
		    is_word(place->first, arguments[i].command))
			return arguments[i].source;
	return FROM_NAMES;
}

static int add(struct search *search, const char *word)
{
	struct completions *found = &search->found;
	char folded[IGNORED_SIZE];
	char *copy;

	name_fold(folded, word);
	if (strncmp(folded, search->typed, search->typed_size) != 0)
		return 0;
	if (found->count == search->room) {
		size_t room = search->room ? 2 * search->room : 16;
		char **words = reallocarray(found->words, room, sizeof(*words));

		if (!words)
			return -ENOMEM;
		found->words = words;
		search->room = room;
	}
	copy = strdup(word);
	if (!copy)
		return -ENOMEM;
	found->words[found->count++] = copy;
	return 0;
}

static int add_words(struct search *search, const char *const *words, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = add(search, words[i]);
	return r;
}

/* Who was heard of last comes first.  but: who is none of them, or NULL. */
static int add_known(struct search *search, const struct known_list *list, const char *but)
{
	int r = 0;

	for (size_t i = list->count; i > 0 && r == 0; i--)
		if (!but || strcmp(list->names[i - 1], but) != 0)
			r = add(search, list->names[i - 1]);
	return r;
}

/* Also behind an @, which stays. */
static int add_people(struct search *search, const struct known *known)
{
	int r = add_known(search, &known->people, known->own);

	if (r < 0 || search->found.count > 0 || search->typed[0] != '@')
		return r;
	memmove(search->typed, search->typed + 1, search->typed_size--);
	search->found.start++;
	search->found.after = " ";
	return add_known(search, &known->people, known->own);
}

/* "/set bell off " has all it can have. */
static int add_values(struct search *search, const struct place *place)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		if (place->before == 2 && is_word(place->second, values[i].setting))
			return add_words(search, values[i].words, values[i].count);
	return 0;
}

static int look(struct search *search, const struct known *known, const struct place *place)
{
	switch (find_source(place)) {
	case FROM_COMMANDS:
		return add_words(search, WORDS(commands));
	case FROM_ROOMS:
		return add_known(search, &known->rooms, NULL);
	case FROM_SETTINGS:
		return add_words(search, WORDS(settings));
	case FROM_VALUES:
		return add_values(search, place);
	case FROM_NAMES:
		break;
	}
	search->found.after = place->before == 0 ? ": " : " ";
	return add_people(search, known);
}

int complete(struct completions *ret, const struct known *known, const char *line, size_t point)
{
	struct place place = find_place(line, point);
	struct search search = {.found = {.start = point - place.word.size, .after = " "}};
	char word[IGNORED_SIZE];
	int r = 0;

	if (place.word.size < sizeof(word)) { /* nothing that can be completed is as long */
		memcpy(word, place.word.text, place.word.size);
		word[place.word.size] = '\0';
		name_fold(search.typed, word);
		search.typed_size = strlen(search.typed);
		r = look(&search, known, &place);
	}
	if (r < 0)
		completions_done(&search.found);
	else
		*ret = search.found;
	return r;
}

void completions_done(struct completions *completions)
{
	for (size_t i = 0; i < completions->count; i++)
		free(completions->words[i]);
	free(completions->words);
	*completions = (struct completions){0};
}
