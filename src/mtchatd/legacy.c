/* legacy.c - what one process leaves to the next: the last good configuration */
#include "mtchatd/legacy.h"
#include "mtchatd/crash.h"

/* Which of the two the next one goes to: where the word does not point, whatever it says. */
static unsigned int next_config(const struct legacy *legacy)
{
	return word_get(&legacy->config) == 1 ? 1 : 0;
}

void legacy_save_config(struct legacy *legacy, const struct config *config)
{
	unsigned int next = next_config(legacy);

	/* A release store lets later ones overtake it: the word must have left this half before. */
	atomic_signal_fence(memory_order_seq_cst);
	legacy->configs[next] = *config;
	crash_point(CRASH_CONFIG_SAVED);
	word_set(&legacy->config, next + 1);
}

/* A copy is checked: what was checked is what is handed on. */
bool legacy_load_config(const struct legacy *legacy, struct config *ret)
{
	uint64_t which = word_get(&legacy->config);
	struct config copy;

	if (which < 1 || which > 2)
		return false;
	copy = legacy->configs[which - 1];
	if (!config_is_sound(&copy))
		return false;
	*ret = copy;
	return true;
}
