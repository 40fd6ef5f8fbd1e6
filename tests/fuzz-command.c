/* fuzz-command.c - whatever a stranger types, what is said and answered is safe to show */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "mtchatd/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static bool is_letter(char byte)
{
	return byte >= 'a' && byte <= 'z';
}

/* ^/[a-z]+( |$), by the plainest means. */
static bool is_command(const char *line, size_t size)
{
	size_t at = 1;

	if (size < 2 || line[0] != '/' || !is_letter(line[1]))
		return false;
	while (at < size && is_letter(line[at]))
		at++;
	return at == size || line[at] == ' ';
}

static void check_text(const struct utterance *said, const char *line, size_t size)
{
	size_t skipped = size >= 2 && line[0] == '/' && line[1] == '/';

	require(said->text == line + skipped && said->size == size - skipped);
}

/* "/", the word, spaces, the arguments: nothing else, nothing left out. */
static void check_command(const struct utterance *said, const char *line, size_t size)
{
	const char *spaces = said->word + said->word_size;

	require(said->word == line + 1 && said->word_size > 0);
	for (size_t i = 0; i < said->word_size; i++)
		require(is_letter(said->word[i]));
	require(said->text >= spaces && said->text + said->size == line + size);
	for (; spaces < said->text; spaces++)
		require(*spaces == ' ');
	require(said->size == 0 || (said->text[0] != ' ' && said->text[-1] == ' '));
}

static void check_answer(const struct answer *answer)
{
	size_t at = 0;

	require(answer->size <= sizeof(answer->text));
	while (at < answer->size) {
		const char *line = answer->text + at;
		const char *newline = memchr(line, '\n', answer->size - at);

		require(newline && newline - line >= 2 && memcmp(line, "* ", 2) == 0);
		at = (size_t)(newline + 1 - answer->text);
		require(text_clean_prefix(line, (size_t)(newline - line)) ==
			(size_t)(newline - line));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *cleaned = malloc(TEXT_GROWTH * size + 1);
	AUTO_FREE char *line = NULL;
	struct answer answer;
	struct utterance said;
	size_t length;

	if (!cleaned || memchr(data, '\n', size)) /* lines are cut before they are cleaned */
		return 0;
	length = text_clean(cleaned, (const char *)data, size);
	line = malloc(length ? length : 1); /* just as long, so that ASan sees who reads on */
	if (!line)
		return 0;
	memcpy(line, cleaned, length);

	said = protocol_parse(line, length);
	require(said.command == is_command(line, length));
	if (!said.command) {
		check_text(&said, line, length);
		return 0;
	}
	check_command(&said, line, length);
	memset(&answer, 0xff, sizeof(answer));
	answer.size = 0;
	require(command_run(&said, &answer) == COMMAND_QUITS || answer.size > 0);
	check_answer(&answer);
	return 0;
}
