/* options.h - the command line of mtchat */
#pragma once

#include "mtchat/target.h"

struct options {
	struct target target;
	const char *name; /* the textbook's way, or NULL */
};

/* 1: go on; 0: --help or --version is done; -EINVAL: bad usage, told on stderr.  Logs. */
int options_parse(struct options *ret, int argc, char *argv[]);
