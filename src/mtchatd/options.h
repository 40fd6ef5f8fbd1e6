/* options.h - the command line of mtchatd */
#pragma once

#include <stdbool.h>

#include "mtchatd/tune.h"

struct options {
	const char *config_path;
	bool check_only, verbose;
	struct tune tune;
};

/* 1: go on; 0: --help or --version is done; -EINVAL: bad usage, told on stderr. */
int options_parse(struct options *ret, int argc, char *argv[]);
