/* descriptors.c - how many clients the limit of open descriptors allows */
#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "mtchatd/descriptors.h"

enum { OTHERS = 256 }; /* listeners, threads, two for each bag of 240 clients */

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

void descriptors_prepare(int clients)
{
	long long limit = descriptors_raise(), count = clients + clients / 64LL + OTHERS;
	AUTO_CLOSE int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC,
				  (int)(count < limit ? count : limit - 1));

	(void)fd; /* if there is none, it only takes longer */
}
