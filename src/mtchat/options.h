/* options.h - the command line of mtchat */
#pragma once

#include <stdbool.h>

#include "mtchat/settings.h"
#include "mtchat/target.h"

enum way {
	WAY_AUTO,     /* by what standard input and output are */
	WAY_PLAIN,    /* the plain protocol */
	WAY_TEXTBOOK, /* likewise, and no command ever: IP PORT NAME */
	WAY_STDIO,    /* bytes as they are */
	WAY_SAY,      /* one line: message */
	WAY_TAIL,
	WAY_JSON,
};

struct options {
	enum way way;
	struct target target;
	const char *host;    /* what to call the server: a part of target */
	const char *server;  /* the argument that names it; NULL: none, or IP PORT NAME */
	const char *name;    /* WAY_TEXTBOOK: the speaker's; else NULL: settings->wish has it */
	const char *message; /* WAY_SAY: not looked at yet */
	bool follow;         /* WAY_TAIL, WAY_JSON: goes on when the history was shown */
};

/*
 * Fills the options; and the settings, which settings_init() has made: files and environment
 * (settings_load()), and over them what the command line says.  wish.last is the history that is to
 * be shown: what --last asks for, else none for WAY_TAIL and WAY_JSON that follow, else the
 * setting.  The texts are argv's. 1: go on; 0: --help or --version is done, whatever the files are;
 * -EINVAL: bad usage, file or environment, told on stderr; -ENOMEM, told.  The options stay where
 * they are.  Logs.
 */
int options_parse(struct options *ret, struct settings *settings, int argc, char *argv[]);
