/* options.c - the command line of mtchat */
#include "mtchat/options.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mtchat/i18n.h"
#include "mtchat/speech.h"

/* The options that have no letter. */
enum {
	OPTION_SINCE = 256,
	OPTION_TAIL,
	OPTION_JSON,
	OPTION_PLAIN,
	OPTION_FOLLOW,
	OPTION_NO_FOLLOW,
	OPTION_STDIO,
};

static const struct row {
	int key;
	const char *name, *argument, *about;
} rows[] = {
	{'n', "name", "NAME", N_("take this name")},
	{'r', "room", "ROOM", N_("go to this room")},
	{'l', "last", "N", N_("show the last N lines first")},
	{OPTION_SINCE, "since", "ID", N_("show what was said after this line first")},
	{'m', "message", "TEXT", N_("say this line, see it shown, and exit")},
	{OPTION_TAIL, "tail", NULL, N_("read only: print lines, with date and time")},
	{OPTION_JSON, "json", NULL, N_("read only: print events, as JSON Lines")},
	{OPTION_FOLLOW, "follow", NULL, N_("with --tail, --json: go on after the history")},
	{OPTION_NO_FOLLOW, "no-follow", NULL, N_("with --tail, --json: exit after the history")},
	{OPTION_PLAIN, "plain", NULL, N_("speak the plain protocol, as with IP PORT NAME")},
	{OPTION_STDIO, "stdio", NULL, N_("pass bytes to and from the server as they are")},
	{'h', "help", NULL, N_("print this and exit")},
	{'V', "version", NULL, N_("print the version and exit")},
};

enum { ROWS_COUNT = sizeof(rows) / sizeof(*rows) };

/* As they are called in messages. */
static const char *const way_names[] = {
	[WAY_PLAIN] = "--plain", [WAY_TEXTBOOK] = "IP PORT NAME", [WAY_STDIO] = "--stdio",
	[WAY_SAY] = "--message", [WAY_TAIL] = "--tail",           [WAY_JSON] = "--json",
};

/* What the command line has said, before it is known whether that fits together. */
struct given {
	const char *name, *room, *last, *since; /* NULL: not given */
	const char *follow;                     /* the last of --follow and --no-follow */
	bool done;                              /* --help or --version */
};

static int refuse_usage(void)
{
	fputs(_("Try 'mtchat --help'.\n"), stderr);
	return -EINVAL;
}

static int refuse_pair(const char *option, const char *other)
{
	warnx(_("%s does not go with %s"), option, other);
	return refuse_usage();
}

static void print_help(void)
{
	printf(_("usage: %s\n"),
	       "mtchat [HOST[:PORT] | [V6]:PORT | unix:PATH | ssh:[USER@]HOST] [OPTIONS]\n"
	       "       mtchat IP PORT NAME");
	printf(_("\n"
		 "Talks to a chat server.  Without a server: $MTCHAT_SERVER, else the one of the\n"
		 "configuration, else the Unix socket %s if it is there,\n"
		 "else localhost:%s.\n"
		 "With IP PORT NAME each line is sent as \"[NAME] line\"; q or Q leaves.\n"
		 "\n"),
	       TARGET_SOCKET, TARGET_PORT);
	for (size_t i = 0; i < ROWS_COUNT; i++) {
		char call[32], letter[] = "    ";

		if (rows[i].key < OPTION_SINCE)
			snprintf(letter, sizeof(letter), "-%c, ", rows[i].key);
		snprintf(call, sizeof(call), "%s%s%s", rows[i].name, rows[i].argument ? " " : "",
			 rows[i].argument ? rows[i].argument : "");
		printf("  %s--%-14s %s\n", letter, call, _(rows[i].about));
	}
}

static int choose_way(struct options *options, enum way way)
{
	if (options->way != WAY_AUTO && (options->way != way || way == WAY_SAY))
		return refuse_pair(way_names[options->way], way_names[way]);
	options->way = way;
	return 0;
}

static int take_option(struct options *options, struct given *given, int key)
{
	switch (key) {
	case 'n':
		given->name = optarg;
		return 0;
	case 'r':
		given->room = optarg;
		return 0;
	case 'l':
		given->last = optarg;
		return 0;
	case OPTION_SINCE:
		given->since = optarg;
		return 0;
	case 'm':
		options->message = optarg;
		return choose_way(options, WAY_SAY);
	case OPTION_TAIL:
		return choose_way(options, WAY_TAIL);
	case OPTION_JSON:
		return choose_way(options, WAY_JSON);
	case OPTION_PLAIN:
		return choose_way(options, WAY_PLAIN);
	case OPTION_STDIO:
		return choose_way(options, WAY_STDIO);
	case OPTION_FOLLOW:
	case OPTION_NO_FOLLOW:
		options->follow = key == OPTION_FOLLOW;
		given->follow = options->follow ? "--follow" : "--no-follow";
		return 0;
	case 'h':
		print_help();
		given->done = true;
		return 0;
	case 'V':
		puts("mtchat " PACKAGE_VERSION);
		given->done = true;
		return 0;
	default:
		return refuse_usage(); /* getopt has told why */
	}
}

/* getopt's two forms of the table. */
static void make_forms(struct option longs[static ROWS_COUNT + 1],
		       char letters[static 2 * ROWS_COUNT + 1])
{
	for (size_t i = 0; i < ROWS_COUNT; i++) {
		longs[i] = (struct option){rows[i].name,
					   rows[i].argument ? required_argument : no_argument, NULL,
					   rows[i].key};
		if (rows[i].key < OPTION_SINCE)
			*letters++ = (char)rows[i].key;
		if (rows[i].key < OPTION_SINCE && rows[i].argument)
			*letters++ = ':';
	}
	longs[ROWS_COUNT] = (struct option){0};
	*letters = '\0';
}

static int read_options(struct options *options, struct given *given, int argc, char *argv[])
{
	struct option longs[ROWS_COUNT + 1];
	char letters[2 * ROWS_COUNT + 1];
	int key, r = 0;

	make_forms(longs, letters);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
	while (r == 0 && !given->done && (key = getopt_long(argc, argv, letters, longs, NULL)) >= 0)
		r = take_option(options, given, key);
	return r;
}

static bool name_is_good(const char *name)
{
	if (!*name || strlen(name) > SPEECH_NAME_MAX)
		return false;
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	return true;
}

static int take_textbook(struct options *options, char *argv[])
{
	const char *why;

	if (options->way != WAY_AUTO && options->way != WAY_PLAIN)
		return refuse_pair(way_names[options->way], way_names[WAY_TEXTBOOK]);
	options->way = WAY_TEXTBOOK;
	if (target_set(&options->target, argv[0], argv[1], &why) < 0) {
		warnx("%s %s: %s", argv[0], argv[1], why);
		return -EINVAL;
	}
	if (!name_is_good(argv[2])) {
		warnx(_("the name must have 1 to %d bytes and no control characters"),
		      SPEECH_NAME_MAX);
		return -EINVAL;
	}
	options->name = argv[2];
	return 0;
}

static int take_arguments(struct options *options, int argc, char *argv[])
{
	if (argc == 3)
		return take_textbook(options, argv);
	if (argc <= 1) {
		options->server = argv[0];
		return 0;
	}
	if (argc == 2)
		warnx(_("either one or three arguments"));
	else
		warnx(_("too many arguments"));
	return refuse_usage();
}

/* An option that would be passed over in silence is refused. */
static int check_fit(const struct options *options, const struct given *given)
{
	bool asks = options->way != WAY_TEXTBOOK && options->way != WAY_STDIO;
	bool reads = options->way == WAY_TAIL || options->way == WAY_JSON;
	bool replays = reads || options->way == WAY_AUTO;

	if (given->follow && !reads) {
		warnx(_("%s goes with --tail and --json only"), given->follow);
		return refuse_usage();
	}
	if (given->name && !asks)
		return refuse_pair("--name", way_names[options->way]);
	if (given->room && !asks)
		return refuse_pair("--room", way_names[options->way]);
	if (given->last && !replays)
		return refuse_pair("--last", way_names[options->way]);
	if (given->since && !replays)
		return refuse_pair("--since", way_names[options->way]);
	return 0;
}

static int take_name(char to[CHAT_NAME_SIZE], const char *option, const char *name)
{
	if (!name)
		return 0;
	if (!settings_name_is_good(name)) {
		warnx(_("%s must have 1 to %d bytes, and no spaces or control characters"), option,
		      CHAT_NAME_SIZE - 1);
		return -EINVAL;
	}
	memcpy(to, name, strlen(name) + 1);
	return 0;
}

/* Over what files and environment have said. */
static int take_wish(struct chat_wish *wish, const struct options *options,
		     const struct given *given)
{
	bool follows = options->follow && (options->way == WAY_TAIL || options->way == WAY_JSON);

	if (take_name(wish->name, "--name", given->name) < 0 ||
	    take_name(wish->room, "--room", given->room) < 0)
		return -EINVAL;
	if (given->since && event_id_parse(&wish->since, given->since) < 0) {
		warnx(_("%s must be EPOCH.NUMBER, the id of a line"), "--since");
		return -EINVAL;
	}
	if (!given->last) {
		wish->last = follows ? 0 : wish->last;
	} else if (settings_number(given->last, 0, SETTINGS_HISTORY_MAX, &wish->last) < 0) {
		warnx(_("%s must be %d to %d"), "--last", 0, SETTINGS_HISTORY_MAX);
		return -EINVAL;
	}
	return 0;
}

static int take_target(struct options *options, const struct settings *settings)
{
	char place[TARGET_PATH_SIZE + sizeof("unix:")];
	const char *text = options->server, *why;

	if (!text)
		text = target_default(settings->server, TARGET_SOCKET, place);
	if (options->way != WAY_TEXTBOOK && target_parse(&options->target, text, &why) < 0) {
		warnx("%s: %s", text, why);
		return -EINVAL;
	}
	if (*options->target.path)
		options->host = options->target.path;
	else
		options->host = *options->target.ssh ? options->target.ssh : options->target.host;
	return 0;
}

int options_parse(struct options *ret, struct settings *settings, int argc, char *argv[])
{
	struct given given = {0};
	int r;

	*ret = (struct options){.follow = true};
	r = read_options(ret, &given, argc, argv);
	if (r < 0 || given.done)
		return r;
	r = take_arguments(ret, argc - optind, argv + optind);
	if (r == 0)
		r = check_fit(ret, &given);
	if (r == 0)
		r = settings_load(settings);
	if (r == 0)
		r = take_wish(&settings->wish, ret, &given);
	if (r == 0)
		r = take_target(ret, settings);
	return r < 0 ? r : 1;
}
