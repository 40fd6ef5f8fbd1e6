/* test-contact-lost.c - a contact whose link is lost: silence, ends, failures, and back again */
#include <sys/stat.h>
#include <sysexits.h>

#include "stage.h"

enum { SLOW_MS = 60000, SHORT_MS = 100 };

static void begin_live(uint64_t timeout_ms)
{
	stage_begin("alice", timeout_ms);
	stage_until(stage.fd >= 0);
	stage_welcome();
}

/* The link that comes next, from /json to live; `since` is the last line that was shown. */
static void come_back(const char *key, const char *since, const char *replay)
{
	char line[100];

	becomes(stage.fd >= 0, "it dials again");
	gets_line("/json\n", "... asks");
	stage_say(HELLO("k2", "e.9"));
	ok(stage_greet(), "... what the true hello is");
	snprintf(line, sizeof(line), "/name alice%s%s\n", *key ? " " : "", key);
	gets_line(line, "... wants its name%s", *key ? ", by its key" : "");
	stage_say(NOTICE("name_ok"));
	snprintf(line, sizeof(line), "/since %s\n", since);
	gets_line(line, "... and what it has not seen");
	stage_say("{\"ev\":\"replay\",\"since\":\"x\",\"lines\":1}\n");
	stage_say(replay);
	stage_say(LIVE("e.9"));
	becomes(chat_is_up(&stage.contact.chat), "... and is live again");
}

/* Two lines wait, the one was sent: neither is lost, none comes twice, and they keep their nonces.
 */
static void test_resend(void)
{
	char first[128] = "", second[128] = "";
	uint64_t before = clock_boot_ms();

	begin_live(SLOW_MS);
	is(stage.contact.lost_ms, 0, "nothing is lost");
	contact_say(&stage.contact, "one", 3);
	stage_until(memchr(stage.got, '\n', stage.size));
	snprintf(first, sizeof(first), "%.120s", stage.got);
	ok(strstr(first, " one\n"), "a line is sent");
	stage_say(SAY("e.2", "bob", "hi") "{\"ev\":\"say\",\"id\":\"e.3\",\"from\":\"bob");
	becomes(strcmp(stage.seen, "hi;") == 0, "half a line comes behind another");
	stage_hang_up();
	becomes(stage_is(CONTACT_PAUSES), "the link is lost");
	ok(stage.contact.lost_ms >= before, "... it is known since when");
	ok(contact_deadline(&stage.contact) <= clock_boot_ms() + 250, "... and soon dialled again");
	is(contact_poll(&stage.contact).fd, -1, "... nothing to poll until then");
	is(contact_say(&stage.contact, "two", 3), 0, "a line can wait");
	stage.seen[0] = '\0';
	come_back("k1", "e.2", SAY("e.3", "bob", "ho"));
	ok(strncmp(stage.seen, "ho;", 3) == 0, "the cut line is shown once: %s", stage.seen);
	gets_line(first, "the first line goes again as it was");
	becomes(memchr(stage.got, '\n', stage.size), "... and then the other one");
	snprintf(second, sizeof(second), "%.120s", stage.got);
	ok(strstr(second, " two\n") && strcmp(first, second) != 0, "... with a nonce of its own");
	ok(stage.contact.lost_ms > 0, "when it was lost is the caller's to forget");
	is(stage.contact.backoff.tries, 0, "the pauses begin anew");
	stage_end();
}

static void test_silence(void)
{
	begin_live(SHORT_MS);
	gets_line("/ping mtchat\n", "a silent server is asked");
	stage.heard = 0;
	stage_say("{\"ev\":\"pong\",\"token\":\"mtchat\"}\n");
	gets_line("/ping mtchat\n", "... answers, and is asked again");
	is(stage.heard, 0, "... the caller hears nothing of it");
	stage_say(SAY("e.2", "bob", "hi"));
	becomes(stage.heard == 1, "it says something else");
	ok(stage_is(CONTACT_UP), "... that is no silence");
	becomes(stage_is(CONTACT_PAUSES), "it says nothing more: the link is lost");
	is(stage.links, 1, "... not before that");
	becomes(stage.fd < 0, "... and closed");
	come_back("k1", "e.2", "");
	stage_end();
}

/* It comes in the middle of a line; and it is not the end if there was something to hear. */
static void test_stopped(void)
{
	begin_live(SHORT_MS);
	stage_say("{\"ev\":");
	gets_line("/ping mtchat\n", "silence in a line is silence");
	stage_say("\"pong\",\"token\":\"mtchat\"}\n");
	poll(NULL, 0, 3 * SHORT_MS); /* the client is stopped for longer than it would wait */
	contact_work(&stage.contact, 0);
	ok(stage_is(CONTACT_UP), "who was stopped hears first what has come");
	stage_end();
}

static void test_failures(void)
{
	unsigned int tries;

	begin_live(SLOW_MS);
	closep(&stage.listener);
	stage.listener = -1;
	stage_hang_up();
	becomes(stage.contact.backoff.tries == 3, "nobody listens: it is tried again and again");
	ok(!stage_is(CONTACT_FAILED), "... that is no failure now");
	is(stage.contact.status, 0, "... and has no status");
	stage_listen();
	becomes(stage.fd >= 0, "somebody listens again");
	gets_line("/json\n", "... is asked");
	tries = stage.contact.backoff.tries;
	stage_say("* server full (1 of 1), try again later\n");
	stage_hang_up();
	becomes(stage_is(CONTACT_PAUSES), "a full house is a failed try");
	ok(stage.contact.backoff.tries > tries, "... and the pauses grow");
	becomes(stage.fd >= 0, "it is dialled again");
	backoff_reset(&stage.contact.backoff); /* so as not to wait for long ones here */
	stage.hurries = true;
	becomes(stage_is(CONTACT_ASKS), "... asked");
	becomes(stage_is(CONTACT_PAUSES), "... and says no hello: a failed try");
	stage.hurries = false;
	stage_hang_up();
	come_back("k1", "e.1", "");
	is(stage.contact.backoff.tries, 0, "after a good link the pauses begin anew");
	stage_end();
}

static void test_bye(void)
{
	static const char *const lost[] = {BYE("stopping"), BYE("closed"), "{\"ev\":\"bye\"}\n"};
	static const char *const over[] = {BYE("quit"), BYE("taken over")};

	for (int i = 0; i < 3; i++) {
		begin_live(SLOW_MS);
		stage_say(lost[i]);
		becomes(stage_is(CONTACT_PAUSES), "a link is lost that ends so: %.*s",
			(int)strlen(lost[i]) - 1, lost[i]);
		stage_hang_up();
		come_back("k1", "e.1", "");
		stage_end();
	}
	for (int i = 0; i < 2; i++) {
		begin_live(SLOW_MS);
		stage_say(over[i]);
		becomes(stage_is(CONTACT_OVER), "it is over that ends so: %.*s",
			(int)strlen(over[i]) - 1, over[i]);
		is(contact_deadline(&stage.contact), DEADLINE_NEVER, "... nothing is due");
		stage_end();
	}
}

/* The link was lost, and the name is asked for again. */
static void come_back_for_name(void)
{
	begin_live(SLOW_MS);
	stage_hang_up();
	becomes(stage.fd >= 0, "it is back");
	gets_line("/json\n", "... asks");
	stage_say(HELLO("k2", "e.9"));
	stage_greet();
	gets_line("/name alice k1\n", "... for its name");
	stage.seen[0] = '\0';
}

static void test_refused(void)
{
	come_back_for_name();
	stage_say(NOTICE("name_taken"));
	becomes(stage_is(CONTACT_OVER), "a refused name is the end");
	ok(stage.contact.chat.refused, "... for that reason");
	ok(strcmp(stage.seen, "name_taken;") == 0, "... told in the server's words");
	stage_end();
}

static void test_no_memory(void)
{
	come_back_for_name();
	stage_say(NOTICE("no_memory"));
	becomes(stage_is(CONTACT_PAUSES), "a server without memory for it is a lost link");
	ok(stage.contact.backoff.tries > 1, "... and the pauses grow");
	ok(strcmp(stage.seen, "no_memory;") == 0, "... told in the server's words");
	stage_end();
}

static void test_pause(void)
{
	begin_live(SLOW_MS);
	stage_hang_up();
	becomes(stage_is(CONTACT_PAUSES), "the link is lost");
	contact_leave(&stage.contact);
	ok(stage_is(CONTACT_OVER), "one may leave while it pauses");
	stage_end();
	begin_live(SLOW_MS);
	contact_leave(&stage.contact);
	stage_hang_up();
	becomes(stage_is(CONTACT_OVER), "an end is no loss for one that leaves");
	stage_end();
}

/* -- through ssh -- */

static char folder[] = "/tmp/test-contact-lost.XXXXXX";

static void write_ssh(const char *script)
{
	char path[sizeof(folder) + 4];
	FILE *file;

	snprintf(path, sizeof(path), "%s/ssh", folder);
	file = fopen(path, "we");
	if (!file || fputs(script, file) < 0 || fclose(file) != 0 || chmod(path, 0700) < 0)
		abort();
}

static void begin_ssh(const char *script)
{
	stage_begin("", SLOW_MS);
	stage_end();
	write_ssh(script);
	stage_target("ssh:alice@chat.lan");
	if (contact_init(&stage.contact, &stage.target, &(struct chat_wish){.last = 0}, SLOW_MS) <
	    0)
		abort();
}

static void test_ssh(void)
{
	begin_ssh("#!/bin/sh\nread -r json\nexit 255\n");
	becomes(stage_is(CONTACT_FAILED), "an ssh that reaches nobody is a failure");
	is(stage.contact.status, EX_UNAVAILABLE, "... to connect");
	ok(strcmp(stage.contact.why, "cannot connect with ssh to alice@chat.lan") == 0,
	   "... told: %s", stage.contact.why);
	stage_end();

	begin_ssh("#!/bin/sh\nread -r json\nread -r password\nexec cat\n");
	becomes(stage_is(CONTACT_ASKS), "an ssh that asks for a password");
	is(contact_deadline(&stage.contact), DEADLINE_NEVER, "... has time");
	contact_leave(&stage.contact);
	ok(stage_is(CONTACT_OVER), "... until one leaves");
	is(waitpid(-1, NULL, WNOHANG), -1, "... then it has ended");
	stage_end();

	begin_ssh("#!/bin/sh\nread -r json\necho '" HELLO("k1", "e.1") "'\nexec cat >/dev/null\n");
	becomes(stage_is(CONTACT_UP), "a server behind ssh says hello");
	kill(stage.contact.wire.ssh, SIGKILL);
	becomes(stage_is(CONTACT_PAUSES), "ssh dies: the link is lost");
	becomes(stage_is(CONTACT_UP), "... and comes back");
	stage_end();
	is(waitpid(-1, NULL, WNOHANG), -1, "no child is left");

	begin_ssh("#!/bin/sh\nexec cat\n");
	stage.hurries = true;
	becomes(stage_is(CONTACT_PLAIN), "an echo server behind ssh is a plain one");
	ok(clock_boot_ms() - stage.contact.silence.heard_ms < CONTACT_ASK_MS + 2000, "... in time");
	stage_end();
	is(waitpid(-1, NULL, WNOHANG), -1, "no child is left");
}

int main(void)
{
	const char *path = getenv("PATH");
	char first[4096], ssh[sizeof(folder) + 4];

	setbuf(stdout, NULL);
	if (!mkdtemp(folder))
		abort();
	snprintf(first, sizeof(first), "%s:%s", folder, path ? path : "/usr/bin:/bin");
	setenv("PATH", first, 1);
	test_resend();
	test_silence();
	test_stopped();
	test_failures();
	test_bye();
	test_refused();
	test_no_memory();
	test_pause();
	test_ssh();
	snprintf(ssh, sizeof(ssh), "%s/ssh", folder);
	unlink(ssh);
	rmdir(folder);
	return done();
}
