/* words.c - the command line of a load: --NAME VALUE for each row of a table */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meter.h"
#include "words.h"

static double number(const struct word *word, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= word->least && value <= word->most))
		give_up("--%s is a number from %g to %g, not '%s'", word->name, word->least,
			word->most, text);
	return value;
}

static int choice(const struct word *word, const char *text)
{
	for (int i = 0; word->choices[i]; i++) {
		if (!strcmp(word->choices[i], text))
			return i;
	}
	give_up("--%s cannot be '%s'; --help tells more", word->name, text);
}

static void set(const struct word *word, const char *text)
{
	if (word->whole)
		*word->whole = (int)number(word, text);
	else if (word->real)
		*word->real = number(word, text);
	else
		*word->choice = choice(word, text);
}

static const struct word *find(const struct word *table, const char *argument)
{
	if (!strncmp(argument, "--", 2)) {
		for (; table->name; table++) {
			if (!strcmp(table->name, argument + 2))
				return table;
		}
	}
	give_up("what is '%s'?  --help tells more", argument);
}

void words_read(const struct word *table, const char *usage, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const struct word *word;

		if (!strcmp(argv[i], "--help")) {
			fputs(usage, stdout);
			exit(EXIT_SUCCESS); /* NOLINT(concurrency-mt-unsafe): one thread */
		}
		word = find(table, argv[i]);
		if (word->flag)
			*word->flag = true;
		else if (++i < argc)
			set(word, argv[i]);
		else
			give_up("--%s wants a value", word->name);
	}
}
