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
