/* test-reconcile.c - what a client said and nobody counted; who cannot be, who is going */
#include <errno.h>

#include "mtchatd/input.h"

#include "lone-slot.h"

enum {
	CLOSE = 7, /* of TCP */
	CLOSE_WAIT = 8,
};

/* -- what was received -- */

static void test_received(int family)
{
	begin(family);
	expect(0, false, "nothing ever happened");
	lend_input(5, 0);
	expect_good_again("a buffer, and nothing in it");
	is(slot->input, 0, "it is given back");

	lend_input(5, 0);
	receive("hello\nworld", 11, 0);
	forget_claims();
	expect(0, true, "a recv() that is not counted");
	is((long long)word_get(&slot->received), 11, "now it is");
	ok(!pool_can_claim(&core->inputs, 5), "its buffer is claimed");
	expect_good_again("the second time");
	is((long long)word_get(&slot->received), 11, "nothing more");

	word_set(&slot->parsed, 6);
	receive("\nand more\n", 10, 11);
	forget_claims();
	expect(0, true, "behind an unfinished line");
	is((long long)word_get(&slot->received), 21, "the rest of it is counted");
	is((long long)word_get(&slot->parsed), 6, "and nothing of it is said yet");

	word_set(&slot->parsed, 21);
	expect_good_again("all said");
	is(slot->input, 0, "the buffer is given back");
	ok(pool_can_claim(&core->inputs, 5), "and not claimed");
	end();
}

static void test_received_wrong(void)
{
	begin(AF_INET);
	lend_input(5, 0);
	receive(bytes, 100, 0);
	word_set(&slot->received, 101);
	expect(-EBADMSG, false, "more counted than received");
	word_set(&slot->received, 0);
	slot->input = 0;
	expect(-EBADMSG, false, "received, and no buffer");
	lend_input(SLOTS_MAX + 1, 0);
	expect(-EBADMSG, false, "a buffer that there is not");
	lend_input(UINT32_MAX, 0);
	expect(-EBADMSG, false, "far beyond");
	lend_input(5, 0);
	word_set(&slot->parsed, 1);
	expect(-EBADMSG, false, "more said than counted");
	word_set(&slot->parsed, 0);
	lend_input(5, 1);
	word_set(&slot->received, 100);
	expect(-EBADMSG, false, "a buffer that begins behind what is not said");
	lend_input(5, UINT64_C(1) << 63);
	expect(-EBADMSG, false, "far behind");
	lend_input(5, 0);
	word_set(&slot->received, 100);
	word_set(&slot->parsed, 50);
	slot->input = 0;
	expect(-EBADMSG, false, "not all said, and no buffer");
	lend_input(5, 0);
	pool_claim(&core->inputs, 5);
	expect(-EBADMSG, false, "another client's buffer");
	forget_claims();
	expect(0, false, "as it was");
	end();
}

/* The largest there can be, and one byte more. */
static void test_received_much(void)
{
	const uint64_t base = INPUT_SIZE - RECEIVE_MAX;

	begin(AF_INET);
	setsockopt(c.peer, SOL_SOCKET, SO_SNDBUF, &(int){1 << 20}, sizeof(int));
	for (int i = 0; i < 3; i++) {
		lend_input(5, 0);
		receive(bytes, RECEIVE_MAX, (uint64_t)i * RECEIVE_MAX);
		word_set(&slot->received, (uint64_t)i * RECEIVE_MAX);
	}
	forget_claims();
	word_set(&slot->received, base - 1);
	expect(-EBADMSG, false, "more than one recv() takes");
	word_set(&slot->received, base);
	expect(0, true, "the most that one recv() takes, up to the buffer's end");
	expect_good_again("a buffer that is full");
	receive(bytes, 100, 0);
	word_set(&slot->received, base + 100);
	word_set(&slot->parsed, base + 100);
	lend_input(5, 99);
	forget_claims();
	expect(-EBADMSG, false, "one byte beyond the buffer's end");
	lend_input(5, 100);
	expect(0, true, "none");
	end();
}

/* -- who it is, and how it ends -- */

static void test_identity(void)
{
	static const uint8_t families[] = {0, 3, 255};

	begin(AF_INET);
	for (size_t i = 0; i < sizeof(families); i++) {
		slot->peer.family = families[i];
		expect(-EBADMSG, false, "a family that there is not");
	}
	slot->peer.family = AF_INET;
	word_set(&slot->id, 0);
	expect(-EBADMSG, false, "no id");
	word_set(&slot->id, SLOT_ID_MAX + 1);
	expect(-EBADMSG, false, "an id that is never given");
	word_set(&slot->id, SLOT_ID_MAX);
	expect(0, false, "the last one");
	end();
	begin(AF_UNIX);
	slot->peer.family = AF_INET;
	ok(reconcile(&(bool){false}) < 0, "a Unix socket that is none");
	end();
}

static void test_drains(void)
{
	begin(AF_INET);
	slot->traits = TRAIT_DRAINS;
	shutdown(c.us, SHUT_WR);
	lend_input(5, 0);
	receive("what nobody reads", 17, 0);
	word_set(&slot->cursor, 7); /* overrun: it is told nothing more */
	word_set(&slot->received, 3);
	expect(0, false, "who drains is not counted");
	is(slot->input, 0, "its buffer is given back");
	is((long long)word_get(&slot->parsed), 3, "nothing is left to be said");
	expect_good_again("the second time");
	lend_input(SLOTS_MAX + 1, 0);
	expect(-EBADMSG, false, "but not with a buffer that there is not");
	end();
}

/* The peer hangs up and resets the link: its FIN is counted as a byte. */
static void hang_up(void)
{
	shutdown(c.peer, SHUT_WR);
	await_state(c.us, CLOSE_WAIT);
	reset_peer(&c);
	await_state(c.us, CLOSE);
}

static void test_dead(void)
{
	begin(AF_INET);
	hang_up();
	expect(0, false, "dead, and never said anything");
	is((long long)word_get(&slot->received), 0, "a FIN is no byte");
	lend_input(5, 0);
	*pool_at(&core->inputs, 5) = '\0';
	expect(0, false, "with a buffer");
	is((long long)word_get(&slot->received), 0, "where no byte came");
	end();

	begin(AF_INET);
	lend_input(5, 0);
	memset(pool_at(&core->inputs, 5), 'z', 100); /* as somebody else left it */
	receive("hello\n", 6, 0);
	hang_up();
	expect(0, true, "a line that is not counted, then dead");
	is((long long)word_get(&slot->received), 6, "without the FIN");
	forget_claims();
	pool_at(&core->inputs, 5)[6] = '\0';
	expect(0, false, "the second time");
	is((long long)word_get(&slot->received), 6, "still without");
	end();

	begin(AF_INET);
	give(bytes, 500);
	word_set(&slot->base, -head);
	hang_up();
	expect(0, false, "what was sent to one who is dead does not matter");
	end();
}

static void test_without(void)
{
	begin(AF_INET);
	core->tune.reconcile = 0;
	lend_input(5, 0);
	receive("hello\n", 6, 0);
	expect(0, false, "not asked to reconcile: the kernel's counts are not used");
	is((long long)word_get(&slot->received), 0, "so a test can see what they are for");
	end();
}

int main(void)
{
	test_received(AF_INET);
	test_received(AF_INET6);
	test_received(AF_UNIX);
	test_received_wrong();
	test_received_much();
	test_identity();
	test_drains();
	test_dead();
	test_without();
	return done();
}
