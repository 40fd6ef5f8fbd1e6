/*
 * question.h - the guard's question, behind the prompt, in place of what is typed
 *
 * What is typed is kept aside meanwhile, with its cursor and what can be undone.
 */
#pragma once

#include <stdbool.h>

#include <stddef.h>

enum question_answer {
	ANSWER_SEND,
	ANSWER_JOIN,
	ANSWER_EDIT,
};

/* Is it to be asked before readline's line is said? */
bool question_is_due(size_t max_line);

/* Asks.  0; -ENOMEM: it is not asked. */
int question_open(void);

bool question_is_open(void);

/* What a key means. */
enum question_answer question_answer(int key);

/* readline has its line again: as it was, or as one line (ANSWER_JOIN).  Nothing is drawn. */
void question_close(enum question_answer answer);
