/* test-reconcile-sent.c - what a client was sent and nobody counted, by source */
#include <errno.h>

#include "lone-slot.h"

static void test_sent_lines(void)
{
	uint64_t cursor;

	begin(AF_INET6);
	cursor = head - 5 * SAID;
	word_set(&slot->cursor, cursor);
	word_set(&slot->base, -cursor);
	give(ring_at(&lobby->ring, cursor), 1234);
	expect(0, true, "lines that were sent and not counted");
	is((long long)word_get(&slot->cursor), (long long)cursor + 1234, "the cursor moves");
	expect_good_again("the second time");
	slot->source = 77;
	forget_claims();
	expect(-EBADMSG, false, "nothing missing, but a source that nobody has");
	slot->source = SOURCE_OUTBOX;
	expect(0, false, "any other will do then");
	word_set(&slot->cursor, cursor + 1233);
	expect(-EBADMSG, false, "a byte of the outbox, and there is none");
	slot->source = SOURCE_ECHO;
	expect(-EBADMSG, false, "a source that it cannot have");
	slot->source = SOURCE_RING;
	word_set(&slot->cursor, cursor + 1235);
	expect(-EBADMSG, false, "more counted than sent");
	word_set(&slot->cursor, head);
	word_set(&slot->base, 1233 - head);
	expect(-EBADMSG, false, "more sent than there was");
	word_set(&slot->base, 1234 - head);
	expect(0, false, "as it was");
	end();
}

static void test_place(void)
{
	begin(AF_INET);
	word_set(&slot->cursor, head + 1);
	word_set(&slot->base, -head - 1);
	expect(-EBADMSG, false, "a cursor beyond the head");
	word_set(&slot->cursor, head - RING);
	word_set(&slot->base, RING - head);
	expect(-EBADMSG, false, "a cursor that was overrun");
	word_set(&slot->cursor, head - RING + 1);
	word_set(&slot->base, RING - 1 - head);
	expect(0, false, "the last one that is not");
	word_set(&slot->cursor, 5);
	word_set(&slot->base, -UINT64_C(5));
	word_set(&slot->parked, 1);
	expect(0, false, "who was overtaken may be overrun");
	word_set(&slot->cursor, head + 1);
	expect(-EBADMSG, false, "but not beyond the head");
	word_set(&slot->cursor, 5);
	word_set(&slot->parked, room_lines(lobby->room) + 2);
	expect(-EBADMSG, false, "overtaken at a line that was never said");
	word_set(&slot->parked, room_lines(lobby->room) + 1);
	expect(0, false, "at the last one");
	give("x", 1);
	expect(-EBADMSG, false, "overtaken, and lines were sent");
	end();
	begin(AF_INET);
	word_set(&slot->said_until, head + 1);
	expect(-EBADMSG, false, "its last line is beyond the head");
	end();
}

static void tie(uint32_t log)
{
	word_set(&slot->ties, slot_ties(log, slot_outbox(slot)));
}

/* The log that it reads, and the one that it is on its way to. */
static void test_log(void)
{
	static const uint32_t nowhere[] = {2, 2 * ROOMS_MAX - 1, 2 * ROOMS_MAX, UINT32_MAX};
	struct outbox *outbox;

	begin(AF_INET);
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		tie(nowhere[i]);
		expect(-EBADMSG, false, "a log that there is not");
		slot->traits = TRAIT_DRAINS;
		expect(-EBADMSG, false, "nor for one who drains");
		slot->traits = 0;
	}
	tie(log_number(LOBBY, RENDERING_JSON));
	expect(-EBADMSG, false, "one that nothing is put in");
	fill(core_log(core, log_number(LOBBY, RENDERING_JSON)));
	expect(-EBADMSG, false, "one that has not come so far");
	word_set(&slot->cursor, 0);
	word_set(&slot->base, 0);
	expect(0, false, "its begin");
	tie(log_number(LOBBY, RENDERING_TEXT));

	word_set(&slot->cursor, head);
	word_set(&slot->base, -head);
	outbox = lend_outbox(7, head, 10);
	word_set(&outbox->turn_entry, 0);
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		word_set(&outbox->turn, turn_move(nowhere[i]));
		expect(-EBADMSG, false, "on its way to a log that there is not");
	}
	word_set(&outbox->turn, turn_move(log_number(LOBBY, RENDERING_JSON)));
	expect(0, false, "to one that there is");
	word_set(&outbox->turn, turn_replay(UINT64_C(1) << 62));
	expect_good_again("it is to get lines again, whichever");
	end();
}

static void test_sent_answers(void)
{
	struct outbox *outbox;

	begin(AF_INET);
	outbox = lend_outbox(7, head, 300);
	slot->source = SOURCE_OUTBOX;
	give(bytes, 100);
	expect(0, true, "answers that were sent and not counted");
	is((long long)word_get(&outbox->sent), OUTBOX_BEGIN + 100, "its count moves");
	ok(!pool_can_claim(&core->outboxes, 7), "the outbox is claimed");
	expect_good_again("the second time");
	give(bytes, 200);
	forget_claims();
	expect(0, true, "the last of them");
	is(slot_outbox(slot), 0, "an empty outbox is given back");
	is(slot->source, SOURCE_RING, "nothing is sent from it");
	ok(pool_can_claim(&core->outboxes, 7), "it is not claimed");
	expect_good_again("the sum holds without it");
	end();
}

static void test_outbox_wrong(void)
{
	struct outbox *outbox;

	begin(AF_INET);
	outbox = lend_outbox(7, head, 300);
	slot->source = SOURCE_OUTBOX;
	give(bytes, 301);
	expect(-EBADMSG, false, "more sent than was in it");
	give(bytes, 1);
	word_set(&slot->base, 302 - head);
	word_set(&outbox->head, word_get(&outbox->head) + (1 << 20));
	expect(-EBADMSG, false, "an outbox that is broken");
	word_set(&outbox->head, word_get(&outbox->head) - (1 << 20));
	outbox->entry[0].due = head + 1;
	expect(-EBADMSG, false, "due at what was never said");
	outbox->entry[0].due = head;
	pool_claim(&core->outboxes, 7);
	lend_input(9, 0);
	word_set(&slot->received, 0);
	expect(-EBADMSG, false, "another client's outbox");
	ok(pool_can_claim(&core->inputs, 9), "its own buffer is not claimed then");
	forget_claims();
	word_set(&slot->ties, slot_ties(LOBBY, SLOTS_MAX + 1));
	expect(-EBADMSG, false, "an outbox that there is not");
	word_set(&slot->ties, slot_ties(LOBBY, UINT32_MAX));
	expect(-EBADMSG, false, "far beyond");
	word_set(&slot->ties, slot_ties(LOBBY, 7));
	expect(0, false, "as it was");
	end();
}

/* A front goes out before a line's begin; whoever was overtaken stands at one anyway. */
static void test_front(void)
{
	struct redo redo;
	struct outbox *outbox;

	begin(AF_INET);
	redo = redo_of();
	outbox = lend_outbox(7, head, 10);
	outbox_put_front(outbox, &redo, bytes, 20);
	redo_put(&redo, &slot->base, 20 - head);
	redo_commit(&redo);
	expect(0, false, "a front, at the head");
	forget_claims();
	word_set(&slot->cursor, head - 7);
	word_set(&slot->base, 27 - head);
	expect(-EBADMSG, false, "in the middle of a line");
	word_set(&slot->parked, 1);
	expect(0, false, "overtaken: it does not go on there");
	end();
}

static void test_echo(int family)
{
	begin(family);
	slot->traits = TRAIT_ECHO;
	slot->source = SOURCE_ECHO;
	word_set(&slot->base, 0);
	lend_input(5, 0);
	receive(bytes, 100, 0);
	give(bytes, 40);
	expect(0, true, "both sides short");
	is((long long)word_get(&slot->received), 100, "received");
	/* A Unix socket does not tell. */
	is((long long)word_get(&slot->parsed), family == AF_UNIX ? 0 : 40, "sent back");
	expect_good_again("the second time");
	if (family != AF_UNIX) {
		give(bytes, 61);
		forget_claims();
		expect(-EBADMSG, false, "more sent back than received");
		word_set(&slot->base, 1);
		expect(0, true, "but if one byte was sent before it was known");
		is(slot->input, 0, "all is sent back: the buffer, too");
		slot->source = SOURCE_RING;
		forget_claims();
		expect(-EBADMSG, false, "a source that it cannot have");
		slot->source = SOURCE_ECHO;
		lend_outbox(7, head, 10);
		expect(-EBADMSG, false, "an outbox, which it cannot have");
	}
	end();
}

/* A Unix socket does not tell what it took: what is recorded stays. */
static void test_unix_sent(void)
{
	begin(AF_UNIX);
	word_set(&slot->cursor, head - SAID);
	give(ring_at(&lobby->ring, head - SAID), 500);
	expect(0, false, "sent and not counted");
	is((long long)word_get(&slot->cursor), (long long)(head - SAID), "it will be sent again");
	end();
}

int main(void)
{
	test_sent_lines();
	test_place();
	test_log();
	test_sent_answers();
	test_outbox_wrong();
	test_front();
	test_echo(AF_INET);
	test_echo(AF_UNIX);
	test_unix_sent();
	return done();
}
