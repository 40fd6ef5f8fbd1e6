/* tokens.c - the token bucket: who writes fast is read more slowly */
#include "mtchatd/tokens.h"

void tokens_refill(struct tokens *tokens, uint32_t now, int rate, int burst)
{
	uint64_t full = (uint64_t)burst * TOKEN;
	uint64_t level = tokens->level + (uint64_t)(now - tokens->at) * (uint64_t)rate;

	tokens->level = (uint32_t)(level < full ? level : full);
	tokens->at = now;
}

uint32_t tokens_wait(const struct tokens *tokens, int rate)
{
	if (tokens->level >= TOKEN)
		return 0;
	return (TOKEN - tokens->level + (uint32_t)rate - 1) / (uint32_t)rate;
}

/* From one to the next, ms. */
static uint32_t step_of(int rate)
{
	return rate ? 1000 / (uint32_t)rate : 0;
}

/* How far ahead of the rate one of now is, ms.  It is never further than `burst` steps. */
static uint32_t ahead(uint32_t due, uint32_t now, int rate, int burst)
{
	uint32_t ahead = due - now;

	return ahead <= (uint32_t)burst * step_of(rate) ? ahead : 0; /* else it is past */
}

uint32_t due_wait(uint32_t due, uint32_t now, int rate, int burst)
{
	uint32_t is_ahead = ahead(due, now, rate, burst);
	uint32_t may_be = ((uint32_t)burst - 1) * step_of(rate);

	return is_ahead > may_be ? is_ahead - may_be : 0;
}

bool due_take(uint32_t *due, uint32_t now, int rate, int burst)
{
	if (due_wait(*due, now, rate, burst))
		return false;
	if (rate)
		*due = now + ahead(*due, now, rate, burst) + step_of(rate);
	return true;
}

void due_give_back(uint32_t *due, int rate)
{
	*due -= step_of(rate);
}
