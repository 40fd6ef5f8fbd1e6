/* descriptors.c - how many clients the limit of open descriptors allows */
#include <limits.h>
#include <sys/resource.h>

#include "mtchatd/descriptors.h"

int descriptors_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 1024;
	if (limit.rlim_cur < limit.rlim_max) {
		const struct rlimit raised = {limit.rlim_max, limit.rlim_max};

		if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
			limit = raised;
	}
	return limit.rlim_cur > INT_MAX ? INT_MAX : (int)limit.rlim_cur;
}

int descriptors_clients(int limit)
{
	return limit > 2 ? limit / 2 : 1;
}
