/* test-target.c - how a server is named, how it is not, and which one is meant by default */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "mtchat/target.h"

#include "tap.h"

static void names(const char *text, const char *host, const char *port)
{
	struct target target;
	const char *why = "";
	int r = target_parse(&target, text, &why);

	is(r, 0, "%s is a server %s", text, why);
	ok(r == 0 && strcmp(target.host, host) == 0 && strcmp(target.port, port) == 0 &&
		   *target.path == '\0',
	   "%s: host %s, port %s", text, host, port);
}

static void is_refused(const char *text, const char *because)
{
	struct target target = {.host = "untouched"};
	const char *why = "";

	is(target_parse(&target, text, &why), -EINVAL, "%.40s is no server", text);
	ok(strstr(why, because), "%.40s: %s", text, why);
	ok(strcmp(target.host, "untouched") == 0, "%.40s: nothing was set", text);
}

static void test_hosts(void)
{
	names("chat.lan", "chat.lan", "9190");
	names("chat.lan:1", "chat.lan", "1");
	names("127.0.0.1:65535", "127.0.0.1", "65535");
	names("chat.lan:00080", "chat.lan", "80");
	names("[::1]", "::1", "9190");
	names("[::1]:80", "::1", "80");
	names("::1", "::1", "9190");
	names("fe80::1%eth0", "fe80::1%eth0", "9190");
	names("[chat.lan]:80", "chat.lan", "80");
	names("unix", "unix", "9190");
}

static void test_refused(void)
{
	char host[TARGET_HOST_SIZE + 1], path[5 + TARGET_PATH_SIZE + 1];

	is_refused("", "no host");
	is_refused(":80", "no host");
	is_refused("[]:80", "no host");
	is_refused("[::1", "] after the address is missing");
	is_refused("[::1]80", "only a port may follow");
	is_refused("chat.lan:", "port");
	is_refused("chat.lan:0", "port");
	is_refused("chat.lan:00000", "port");
	is_refused("chat.lan:65536", "port");
	is_refused("chat.lan:4294976486", "port");
	is_refused("chat.lan:-1", "port");
	is_refused("chat.lan:+80", "port");
	is_refused("chat.lan: 80", "port");
	is_refused("chat.lan:80x", "port");
	is_refused("unix:", "no path");

	memset(host, 'h', sizeof(host) - 1);
	host[sizeof(host) - 1] = '\0';
	is_refused(host, "too long");
	names(host + 1, host + 1, "9190");

	memset(path, 'p', sizeof(path) - 1);
	memcpy(path, "unix:", 5);
	path[sizeof(path) - 1] = '\0';
	is_refused(path, "too long");
}

static void test_paths(void)
{
	char path[5 + TARGET_PATH_SIZE] = "unix:", shown[300];
	struct target target;
	const char *why = "";

	memset(path + 5, 'p', TARGET_PATH_SIZE - 1);
	is(target_parse(&target, path, &why), 0, "the longest path %s", why);
	is(strlen(target.path), TARGET_PATH_SIZE - 1, "... is kept whole");

	is(target_parse(&target, "unix:/run/a:b", &why), 0, "a path with a colon %s", why);
	ok(strcmp(target.path, "/run/a:b") == 0 && *target.host == '\0', "... is a path");
	target_print(&target, shown, sizeof(shown));
	ok(strcmp(shown, "/run/a:b") == 0, "... is shown as such: %s", shown);
	is(target_set(&target, "::1", "80", &why), 0, "host and port apart %s", why);
	target_print(&target, shown, sizeof(shown));
	ok(strcmp(shown, "::1 port 80") == 0, "... are shown: %s", shown);
}

static void test_ssh(void)
{
	char text[4 + TARGET_SSH_SIZE + 1] = "ssh:", shown[TARGET_TEXT_SIZE];
	struct target target;
	const char *why = "";

	is(target_parse(&target, "ssh:alice@chat.lan", &why), 0, "ssh with a user %s", why);
	ok(strcmp(target.ssh, "alice@chat.lan") == 0 && !*target.host && !*target.path,
	   "... is for ssh alone");
	target_print(&target, shown, sizeof(shown));
	ok(strcmp(shown, "ssh:alice@chat.lan") == 0, "... is shown: %s", shown);
	is(target_parse(&target, "ssh:chat.lan", &why), 0, "ssh without a user %s", why);
	ok(strcmp(target.ssh, "chat.lan") == 0, "... has the host");
	is(target_parse(&target, "ssh:a@b@host", &why), 0, "a user with an @ %s", why);
	is(target_parse(&target, "ssh", &why), 0, "a host called ssh %s", why);
	ok(strcmp(target.host, "ssh") == 0 && !*target.ssh, "... is a host");
	is(target_parse(&target, "unix:/x", &why), 0, "a path %s", why);
	ok(!*target.ssh, "... is not for ssh");

	is_refused("ssh:", "no host");
	is_refused("ssh:alice@", "no host");
	is_refused("ssh:@chat.lan", "no user");
	is_refused("ssh:-oProxyCommand=x", "begin with -");
	is_refused("ssh:alice@-oProxyCommand=x", "begin with -");
	is_refused("ssh:-alice@chat.lan", "begin with -");
	is_refused("ssh:chat.lan ls", "spaces");
	is_refused("ssh: chat.lan", "spaces");
	is_refused("ssh:chat.lan\tls", "spaces");
	is_refused("ssh:chat.lan\033c", "control");
	is_refused("ssh:chat.lan\x7f", "control");

	memset(text + 4, 'h', TARGET_SSH_SIZE);
	is_refused(text, "too long");
	text[4 + TARGET_SSH_SIZE - 1] = '\0';
	is(target_parse(&target, text, &why), 0, "the longest for ssh %s", why);
	target_print(&target, shown, sizeof(shown));
	ok(strcmp(shown, text) == 0, "... and it has room as a text");
}

static bool means(const char *server, const char *path, const char *want)
{
	char place[TARGET_PATH_SIZE + sizeof("unix:")];

	return strcmp(target_default(server, path, place), want) == 0;
}

static void test_default(void)
{
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char folder[] = "/tmp/test-target.XXXXXX", want[TARGET_PATH_SIZE + 5];
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	if (fd < 0 || !mkdtemp(folder))
		abort();
	snprintf(name.sun_path, sizeof(name.sun_path), "%s/socket", folder);
	snprintf(want, sizeof(want), "unix:%s", name.sun_path);

	ok(means(NULL, name.sun_path, "localhost"), "no socket there: localhost");
	ok(means(NULL, folder, "localhost"), "a folder is no socket");
	is(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0, "a socket is made");
	ok(means(NULL, name.sun_path, want), "the socket is there: it is meant");
	ok(means("", name.sun_path, want), "an empty MTCHAT_SERVER is none");
	ok(means("chat.lan", name.sun_path, "chat.lan"), "MTCHAT_SERVER comes first");

	unlink(name.sun_path);
	rmdir(folder);
}

int main(void)
{
	test_hosts();
	test_refused();
	test_paths();
	test_ssh();
	test_default();
	return done();
}
