/* config-show.c - mtchatd --check: is a configuration good, and what is in force? */
#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "mtchatd/config-check.h"
#include "mtchatd/config-file.h"
#include "mtchatd/config-show.h"
#include "mtchatd/machine.h"
#include "mtchatd/messages.h"

enum { PRIVILEGED_PORTS = 1024 }; /* where the kernel does not tell */

#define warn_of(...)                                                                               \
	log_event(LOG_WARNING, (&(struct log_fields){.message_id = MESSAGE_CONFIG_ERROR}),         \
		  __VA_ARGS__)

/* -- what is in force -- */

static void print_string(const char *string)
{
	putchar('"');
	for (const char *c = string; *c; c++)
		printf("%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
	putchar('"');
}

static void print_word(const struct setting *setting, int value)
{
	for (const struct setting_word *w = setting->words; w->word; w++)
		if (w->value == value)
			print_string(w->word);
}

static void print_list(const char *list, size_t width)
{
	fputs("[ ", stdout);
	for (size_t i = 0; i < CONFIG_LISTEN_MAX && list[i * width]; i++) {
		fputs(i > 0 ? ", " : "", stdout);
		print_string(list + i * width);
	}
	fputs(list[0] ? " ]" : "]", stdout);
}

static void print_value(const struct setting *setting, struct config *config)
{
	switch (setting->type) {
	case SETTING_NUMBER:
		printf("%d", *setting_field(setting, config));
		break;
	case SETTING_WORD:
		print_word(setting, *setting_field(setting, config));
		break;
	case SETTING_ADDRESSES:
	case SETTING_NETWORKS:
		print_list((const char *)config + setting->offset,
			   setting->size / CONFIG_LISTEN_MAX);
		break;
	case SETTING_PATH:
		print_string(config->socket);
		break;
	}
}

static void print_default(const struct setting *setting, struct config *config)
{
	fputs("default", stdout);
	if (setting->standard_text)
		printf(": %s", setting->standard_text);
	else if (*setting_field(setting, config) != setting->standard)
		printf(", lowered from %d to what fits the memory", setting->standard);
}

/*
 * As libconfig could read it again, to the same effect: a path that the service manager names is a
 * comment, or it would be the path of this run, or none, from then on.
 */
static void print_settings(struct reader *reader)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const struct origin *origin = &reader->origins[i];

		if (settings[i].type == SETTING_PATH && !origin->file)
			putchar('#');
		printf("%s = ", settings[i].name);
		print_value(&settings[i], &reader->config);
		printf(";  # ");
		if (origin->file)
			printf("%s:%d", origin->file, origin->line);
		else
			print_default(&settings[i], &reader->config);
		putchar('\n');
	}
}

static void print_files(const char *path, const struct file_list *dropins)
{
	printf("# read in this order, and the last one that has a setting wins:\n#   %s\n", path);
	for (size_t i = 0; i < dropins->count; i++) {
		struct stat st;

		printf("#   %s%s\n", dropins->paths[i],
		       stat(dropins->paths[i], &st) == 0 && S_ISREG(st.st_mode) ? ""
										: " (not read)");
	}
}

/* -- what we may, and the service may not: its account owns no file and has no capability -- */

static bool others_may(const char *path, mode_t bits)
{
	struct stat st;

	return stat(path, &st) < 0 || (st.st_mode & bits) == bits;
}

static void warn_of_file(const char *path)
{
	AUTO_FREE char *real = realpath(path, NULL);

	if (!real)
		return;
	if (!others_may(real, S_IROTH))
		warn_of("%s: everybody must be able to read it, or the service is not", real);
	for (char *slash = strrchr(real, '/'); slash && slash > real; slash = strrchr(real, '/')) {
		*slash = '\0';
		if (others_may(real, S_IXOTH))
			continue;
		warn_of("%s: everybody must be able to enter it, or the service cannot read %s",
			real, path);
		return;
	}
}

/* They are read as root, the service is another account. */
static void warn_of_files(const char *path, const struct file_list *dropins)
{
	AUTO_FREE char *folder = NULL;

	if (geteuid() != 0)
		return;
	warn_of_file(path);
	for (size_t i = 0; i < dropins->count; i++)
		warn_of_file(dropins->paths[i]);
	if (asprintf(&folder, "%s.d", path) < 0)
		folder = NULL;
	else if (!others_may(folder, S_IROTH | S_IXOTH))
		warn_of("%s: everybody must be able to read and enter it, or the service is not",
			folder);
}

static int first_free_port(void)
{
	FILE *file = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "re");
	int port = PRIVILEGED_PORTS;

	if (!file)
		return port;
	if (fscanf(file, "%d", &port) != 1) /* NOLINT(cert-err34-c): the kernel wrote it */
		port = PRIVILEGED_PORTS;
	fclose(file);
	return port;
}

static void warn_of_port(const struct config *config)
{
	int first = first_free_port();
	bool granted = geteuid() != 0 &&
		       prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_NET_BIND_SERVICE, 0, 0) > 0;

	if (config->port < first && !granted)
		warn_of("port %d is below %d: the service needs CAP_NET_BIND_SERVICE, see "
			"\"A port below 1024\" in mtchatd(8)",
			config->port, first);
}

int config_show(const char *path, bool verbose)
{
	CLEANUP(file_list_done) struct file_list dropins = {0};
	struct reader reader = {.name = path};
	struct config config;

	reader_read(&reader, &dropins, path,
		    machine_memory_max("/proc/self/cgroup", "/sys/fs/cgroup"));
	if (verbose)
		print_files(path, &dropins);
	if (reader_finish(&reader, &config) < 0)
		return fflush(stdout) == 0 ? -EINVAL : -EIO;
	warn_of_files(path, &dropins);
	warn_of_port(&config);
	if (verbose)
		print_settings(&reader);
	/* Behind settings the verdict is a comment, so that the parser takes all of it. */
	printf("%s%s: ok\n", verbose ? "# " : "", path);
	return fflush(stdout) == 0 ? 0 : -EIO;
}
