/* question.c - the guard's question, behind the prompt, in place of what is typed */
#include "mtchat/question.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/readline.h>

#include "mtchat/display.h"
#include "mtchat/guard.h"
#include "mtchat/slash.h"

static struct question {
	struct guard guard;
	char text[GUARD_QUESTION_SIZE];
	char *line; /* what was typed; NULL: nothing is asked */
	int point;
	UNDO_LIST *undo;
} question;

bool question_is_due(size_t max_line)
{
	return guard_asks(&question.guard, rl_line_buffer, max_line);
}

bool question_is_open(void)
{
	return question.line != NULL;
}

int question_open(void)
{
	char *line = strdup(rl_line_buffer);

	if (!line)
		return -ENOMEM;
	rl_deactivate_mark(); /* or it would be drawn once more */
	display_erase();
	question.line = line;
	question.point = rl_point;
	question.undo = rl_undo_list;
	rl_undo_list = NULL;
	rl_replace_line("", 0);
	rl_point = 0;
	guard_question(&question.guard, question.text);
	display_ask(question.text);
	display_draw();
	return 0;
}

enum question_answer question_answer(int key)
{
	if ((key == 'y' || key == 'Y') && question.guard.may_send)
		return ANSWER_SEND;
	if ((key == 'j' || key == 'J') && question.guard.may_join)
		return ANSWER_JOIN;
	return ANSWER_EDIT;
}

void question_close(enum question_answer answer)
{
	rl_replace_line(question.line, 0);
	rl_point = question.point;
	rl_undo_list = question.undo;
	display_ask(NULL);
	if (answer == ANSWER_JOIN) {
		slash_remove(question.line); /* the first line's stays */
		guard_join(question.line);
		rl_begin_undo_group();
		rl_delete_text(0, rl_end);
		rl_point = 0;
		rl_insert_text(question.line);
		rl_end_undo_group();
	}
	free(question.line);
	question.line = NULL;
}
