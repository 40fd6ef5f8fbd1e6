/* sums.c - the sums of a slot that hold between two calls */
#include "mtchatd/sums.h"
#include "mtchatd/outbox.h"

uint64_t sums_accepted(const struct core *core, const struct slot *slot)
{
	uint32_t number = slot_outbox(slot);
	const struct outbox *outbox = number ? core_outbox(core, number) : NULL;

	if (slot_has(slot, TRAIT_ECHO))
		return word_get(&slot->parsed) + word_get(&slot->base);
	return word_get(&slot->cursor) + word_get(&slot->base) +
	       (outbox ? word_get(&outbox->sent) - OUTBOX_BEGIN : 0);
}
