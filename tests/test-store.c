/* test-store.c - what the manager handed over, and what it is told */
#include "store-manager.h"
#include "tap.h"

static void test_no_store(const char *size)
{
	struct notify notify;
	struct store store;

	if (size)
		setenv("FDSTORE", size, 1);
	else
		unsetenv("FDSTORE");
	begin(&store, &notify, "a", "arena");
	ok(!store_has_any(&store), "FDSTORE=%s is no store", size ? size : "(none)");
	is(store_claim(&store, "arena"), -1, "nothing is inherited");
	is(store_put(&store, "b", manager_fd), 0, "put does nothing");
	is(store_put_waiting(&store, "b", manager_fd, SHORT_MS), 0, "nor does put_waiting");
	is(store_remove(&store, "arena"), 0, "nor does remove");
	is(store.count, 1, "what was handed over may be looked at");
	ok(mark_of(store.entries[0].fd) == 'a', "it is what it was");
	is(store_forget_rest(&store), 1, "as long as it is not closed");
	is(store_barrier(&store, SHORT_MS), 0, "nor a barrier");
	ok(nothing_comes(), "nobody is told anything");
	store_done(&store);
	ok(!is_open(FIRST) && !getenv("LISTEN_FDS"), "it is closed, and the variables are gone");
	notify_close(&notify);
	forget_handed();
	set_number("FDSTORE", MOST);
}

static void test_no_manager(void)
{
	struct notify notify = {.fd = -1};
	struct store store;

	hand_over("a", "arena");
	is(store_open(&store, &notify), 0, "a store without a manager");
	ok(!store_has_any(&store) && store_claim(&store, "arena") == -1, "is none");
	is(store_put(&store, "b", manager_fd), 0, "put does nothing");
	is(store_barrier(&store, SHORT_MS), 0, "nor does barrier");
	is(store_claim_at(&store, 0), FIRST, "what was handed over can be had by its place");
	is(store_claim_at(&store, 0), -1, "once");
	store_done(&store);
	ok(mark_of(FIRST) == 'a', "and is the claimer's");
	close(FIRST);
	forget_handed();
}

static void test_first_start(void)
{
	int fd = marked('x');
	struct notify notify;
	struct store store;

	begin(&store, &notify, NULL, NULL);
	ok(!store_has_any(&store), "nothing was kept at the first start");
	is(store_claim(&store, "arena"), -1, "there is no arena");
	is(store_forget_rest(&store), 0, "and no rest");
	is(store_put(&store, "arena", fd), 0, "put");
	ok(comes("FDSTORE=1\nFDNAME=arena\nFDPOLL=0\n", true), "the manager has it");
	ok(is_open(fd), "ours stays ours");
	ok(!store_has_any(&store) && store_claim(&store, "arena") == -1,
	   "what is put is not inherited");
	is(store_put(&store, "arena", fd), -EEXIST, "no second one of its name");
	is(store_forget_rest(&store), 0, "it is no rest");
	is(store_put(&store, "b0.1", -1), -EBADF, "no descriptor");
	is(store_put(&store, "b0.1", fd), 0, "the name is free still");
	ok(comes("FDSTORE=1\nFDNAME=b0.1\nFDPOLL=0\n", true), "the manager has it");
	is(store_remove(&store, "other"), 0, "what is not there need not be removed");
	ok(nothing_comes(), "so nobody is told");
	is(store_remove(&store, "arena"), 0, "removed");
	ok(comes("FDSTOREREMOVE=1\nFDNAME=arena\n", false), "the manager is told");
	is(store_put(&store, "arena", fd), 0, "its name is free again");
	close(fd);
	end(&store, &notify);
}

static void test_names(void)
{
	static const char *const bad[] =
		{"", "a:b", "a b", "a\nFDNAME=x", "\x7f", "\xc3\xa4", "abcdefghijklmnop"};
	struct notify notify;
	struct store store;

	begin(&store, &notify, NULL, NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		is(store_put(&store, bad[i], manager_fd), -EINVAL, "bad name %zu", i);
	ok(nothing_comes(), "none is sent");
	is(store_put(&store, "abcdefghijklmno", manager_fd), 0, "the longest name");
	ok(comes("FDSTORE=1\nFDNAME=abcdefghijklmno\nFDPOLL=0\n", true), "is sent whole");
	end(&store, &notify);
}

static void test_full_store(void)
{
	struct notify notify;
	struct store store;
	char name[8];

	begin(&store, &notify, "ab", "a:b");
	for (int i = 2; i < MOST; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		is(store_put(&store, name, manager_fd), 0, "put %d of %d", i + 1, MOST);
	}
	is(store_put(&store, "more", manager_fd), -ENOSPC, "a full store is told");
	is(store_forget_rest(&store), 2, "what nobody wants is forgotten");
	is(store_put(&store, "more", manager_fd), 0, "there is room again");
	is(store_put(&store, "most", manager_fd), 0, "for two");
	is(store_put(&store, "over", manager_fd), -ENOSPC, "and no more");
	end(&store, &notify);
}

static void test_inherited(void)
{
	struct notify notify;
	struct store store;
	int arena, bag;

	begin(&store, &notify, "abcd", "arena:b0.0:mtchatd-of-the-day.socket:listen.0");
	ok(store_has_any(&store), "something was kept");
	ok(!getenv("LISTEN_FDS") && !getenv("LISTEN_PID") && !getenv("LISTEN_FDNAMES"),
	   "the variables are gone");
	arena = store_claim(&store, "arena");
	ok(arena >= 0 && mark_of(arena) == 'a', "the arena is claimed");
	ok(fcntl(arena, F_GETFD) & FD_CLOEXEC, "closed on exec");
	is(store_claim(&store, "arena"), -1, "once");
	is(store_put(&store, "arena", manager_fd), -EEXIST, "its name is taken");
	is(store_put(&store, "b0.0", manager_fd), -EEXIST, "so is one that is not claimed yet");
	bag = store_claim(&store, "b0.0");
	ok(bag >= 0 && mark_of(bag) == 'b', "a bag is claimed");
	is(store_claim(&store, "b0"), -1, "no name stands for another");
	ok(nothing_comes(), "nothing is said of all that");
	is(store_forget_rest(&store), 2, "two are forgotten");
	ok(comes("FDSTOREREMOVE=1\nFDNAME=mtchatd-of-the-day.socket\n", false) &&
		   comes("FDSTOREREMOVE=1\nFDNAME=listen.0\n", false) && nothing_comes(),
	   "the manager is told, of them alone");
	ok(!is_open(FIRST + 2) && !is_open(FIRST + 3), "and they are closed");
	is(store_claim(&store, "listen.0"), -1, "gone");
	is(store_put(&store, "listen.0", manager_fd), 0, "another can be kept");
	is(store_remove(&store, "b0.0"), 0, "what was claimed can be removed");
	is(store_remove(&store, "b0.0"), 0, "twice");
	ok(comes("FDSTORE=1\nFDNAME=listen.0\nFDPOLL=0\n", true) &&
		   comes("FDSTOREREMOVE=1\nFDNAME=b0.0\n", false) && nothing_comes(),
	   "all told in order");
	store_done(&store);
	ok(mark_of(arena) == 'a' && mark_of(bag) == 'b', "what was claimed stays the claimer's");
	end(&store, &notify);
}

static void test_remove_inherited(void)
{
	struct notify notify;
	struct store store;

	begin(&store, &notify, "abc", "x:y:x");
	is(store_remove(&store, "x"), 0, "removed and never claimed");
	ok(comes("FDSTOREREMOVE=1\nFDNAME=x\n", false) && nothing_comes(), "told once");
	ok(!is_open(FIRST) && is_open(FIRST + 1) && !is_open(FIRST + 2), "all of it are closed");
	store_done(&store);
	ok(!is_open(FIRST + 1), "the end closes what nobody claimed");
	ok(nothing_comes(), "but the manager keeps it");
	end(&store, &notify);
}

/* To forget the second one would be to forget the first one. */
static void test_twins(void)
{
	struct notify notify;
	struct store store;
	int fd;

	begin(&store, &notify, "abcdef", "u:arena:w:arena:w:arena");
	fd = store_claim(&store, "arena");
	ok(mark_of(fd) == 'b', "of three the first is claimed");
	is(store_claim(&store, "arena"), -1, "and no other");
	is(store_forget_rest(&store), 3, "the rest is forgotten, but for two");
	ok(comes("FDSTOREREMOVE=1\nFDNAME=u\n", false) &&
		   comes("FDSTOREREMOVE=1\nFDNAME=w\n", false) &&
		   comes("FDSTOREREMOVE=1\nFDNAME=w\n", false) && nothing_comes(),
	   "the claimed one is still kept");
	ok(!is_open(FIRST + 3) && !is_open(FIRST + 5), "the two are closed here");
	is(store_forget_rest(&store), 0, "nothing is left to forget");
	is((int)store.count, 3, "they take up room");
	is(store_remove(&store, "arena"), 0, "removed");
	is((int)store.count, 0, "with the two");
	end(&store, &notify);
}

static void test_contradiction(void)
{
	struct notify notify;
	struct store store;

	if (notify_open(&notify) < 0)
		bail_out("cannot reach the manager");
	notify.fd = apart(notify.fd);
	hand_over("ab", "arena");
	is(store_open(&store, &notify), -EINVAL, "two descriptors, one name");
	store_done(&store);
	hand_over("ab", "a:b");
	set_number("LISTEN_PID", (int)getppid());
	is(store_open(&store, &notify), 0, "meant for another process");
	ok(!store_has_any(&store) && is_open(FIRST), "left alone");
	end(&store, &notify);
}

int main(void)
{
	static const char *const no_sizes[] = {NULL,          "",
					       "0",           "-1",
					       "+5",          "many",
					       "5x",          " 5",
					       "99999999999", "999999999999999999999999"};

	start_manager();
	for (size_t i = 0; i < sizeof(no_sizes) / sizeof(no_sizes[0]); i++)
		test_no_store(no_sizes[i]);
	test_no_manager();
	test_first_start();
	test_names();
	test_full_store();
	test_inherited();
	test_remove_inherited();
	test_twins();
	test_contradiction();
	return done();
}
