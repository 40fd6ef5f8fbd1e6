/* protocol.c - what a line from a client means */
#include "mtchatd/protocol.h"

static struct utterance say(const char *text, size_t size)
{
	return (struct utterance){.text = text, .size = size};
}

struct utterance protocol_parse(const char *line, size_t size)
{
	size_t word = 1, args;

	if (size < 2 || line[0] != '/')
		return say(line, size);
	if (line[1] == '/')
		return say(line + 1, size - 1);

	while (word < size && line[word] >= 'a' && line[word] <= 'z')
		word++;
	if (word == 1 || (word < size && line[word] != ' '))
		return say(line, size);

	args = word;
	while (args < size && line[args] == ' ')
		args++;
	return (struct utterance){
		.command = true,
		.text = line + args,
		.size = size - args,
		.word = line + 1,
		.word_size = word - 1,
	};
}
