/* lend.c - lends a client an outbox */
#include "mtchatd/lend.h"
#include "mtchatd/crash.h"
#include "mtchatd/outbox.h"

struct outbox *lend_outbox(struct core *core, struct slot *slot)
{
	uint32_t number = slot_outbox(slot);

	if (!number) {
		number = pool_take(&core->outboxes);
		outbox_init(core_outbox(core, number));
		word_set(&slot->ties, slot_ties(slot_log(slot), number));
		crash_point(CRASH_OUTBOX_LENT);
	}
	return core_outbox(core, number);
}
