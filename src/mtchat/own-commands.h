/* own-commands.h - the commands that the client obeys itself: one row, one function, one test */
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct conversation;

/* false: it is none of ours, so it is for the server. */
bool own_command_run(struct conversation *conversation, const char *line, FILE *to);
