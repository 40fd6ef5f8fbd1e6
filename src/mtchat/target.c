/* target.c - which server is meant: the words for it become its parts */
#include "mtchat/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mtchat/i18n.h"

#define UNIX_PREFIX "unix:"
#define SSH_PREFIX  "ssh:"

static int refuse(const char **ret_why, const char *why)
{
	*ret_why = _(why);
	return -EINVAL;
}

static int set_path(struct target *ret, const char *path, const char **ret_why)
{
	if (!*path)
		return refuse(ret_why, N_("no path after unix:"));
	if (strlen(path) >= sizeof(ret->path))
		return refuse(ret_why, N_("the path of the socket is too long"));
	*ret = (struct target){0};
	memcpy(ret->path, path, strlen(path));
	return 0;
}

/*
 * A word that began with '-' would be an option of ssh, or of a ProxyCommand that gets the host by
 * itself; one with a space would be two words there.
 */
static int set_ssh(struct target *ret, const char *ssh, const char **ret_why)
{
	const char *at = strrchr(ssh, '@');
	const char *host = at ? at + 1 : ssh;

	if (!*host)
		return refuse(ret_why, N_("no host after ssh:"));
	if (at == ssh)
		return refuse(ret_why, N_("no user before the @"));
	if (*ssh == '-' || *host == '-')
		return refuse(ret_why, N_("what follows ssh: must not begin with -"));
	for (const char *c = ssh; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return refuse(ret_why, N_("no spaces or control characters after ssh:"));
	if (strlen(ssh) >= sizeof(ret->ssh))
		return refuse(ret_why, N_("what follows ssh: is too long"));
	*ret = (struct target){0};
	memcpy(ret->ssh, ssh, strlen(ssh));
	return 0;
}

static int set_port(struct target *target, const char *port, const char **ret_why)
{
	static const char *const why = N_("the port must be 1 to 65535");
	size_t digits = strspn(port, "0123456789");
	long value;

	if (digits == 0 || port[digits] != '\0')
		return refuse(ret_why, why);
	port += strspn(port, "0"); /* so that the length is a bound of the value */
	if (strlen(port) >= sizeof(target->port))
		return refuse(ret_why, why);
	value = strtol(port, NULL, 10);
	if (value < 1 || value > 65535)
		return refuse(ret_why, why);
	memcpy(target->port, port, strlen(port) + 1);
	return 0;
}

static int set_host(struct target *target, const char *host, size_t size, const char **ret_why)
{
	if (size >= 2 && host[0] == '[' && host[size - 1] == ']') {
		host++;
		size -= 2;
	}
	if (size == 0)
		return refuse(ret_why, N_("no host"));
	if (size >= sizeof(target->host))
		return refuse(ret_why, N_("the name of the host is too long"));
	memcpy(target->host, host, size);
	target->host[size] = '\0';
	return 0;
}

/* The end of the host: what follows is "" or ":PORT". */
static const char *host_end(const char *text)
{
	const char *end;

	if (*text == '[') {
		end = strchr(text, ']');
		return end ? end + 1 : NULL;
	}
	end = strchr(text, ':');
	if (!end || strchr(end + 1, ':')) /* no colon; or several: an IPv6 address by itself */
		return text + strlen(text);
	return end;
}

static int set_both(struct target *ret, const char *host, size_t size, const char *port,
		    const char **ret_why)
{
	struct target target = {0};
	int r;

	r = set_host(&target, host, size, ret_why);
	if (r < 0)
		return r;
	r = set_port(&target, port, ret_why);
	if (r < 0)
		return r;
	*ret = target;
	return 0;
}

int target_set(struct target *ret, const char *host, const char *port, const char **ret_why)
{
	return set_both(ret, host, strlen(host), port, ret_why);
}

int target_parse(struct target *ret, const char *text, const char **ret_why)
{
	const char *end;

	if (strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
		return set_path(ret, text + strlen(UNIX_PREFIX), ret_why);
	if (strncmp(text, SSH_PREFIX, strlen(SSH_PREFIX)) == 0)
		return set_ssh(ret, text + strlen(SSH_PREFIX), ret_why);
	end = host_end(text);
	if (!end)
		return refuse(ret_why, N_("the ] after the address is missing"));
	if (*end != '\0' && *end != ':')
		return refuse(ret_why, N_("only a port may follow the ]"));
	return set_both(ret, text, (size_t)(end - text), *end ? end + 1 : TARGET_PORT, ret_why);
}

const char *target_default(const char *server, const char *socket_path,
			   char place[static TARGET_PATH_SIZE + sizeof(UNIX_PREFIX)])
{
	struct stat st;

	if (server && *server)
		return server;
	if (strlen(socket_path) < TARGET_PATH_SIZE && stat(socket_path, &st) == 0 &&
	    S_ISSOCK(st.st_mode)) {
		snprintf(place, TARGET_PATH_SIZE + sizeof(UNIX_PREFIX), UNIX_PREFIX "%s",
			 socket_path);
		return place;
	}
	return "localhost";
}

void target_print(const struct target *target, char *to, size_t size)
{
	if (*target->path)
		snprintf(to, size, "%s", target->path);
	else if (*target->ssh)
		snprintf(to, size, SSH_PREFIX "%s", target->ssh);
	else
		snprintf(to, size, "%s port %s", target->host, target->port);
}
