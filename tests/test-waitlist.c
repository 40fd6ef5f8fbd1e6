/* test-waitlist.c - who is put on the list is found there, in order, once */
#include "mtchatd/waitlist.h"

#include "tap.h"

/* More than any list begins with. */
enum { MANY = 1000 };

/* A list never looks at its clients. */
static struct client *client_number(uintptr_t number)
{
	return (struct client *)number; /* NOLINT(performance-no-int-to-ptr) */
}

static void add_many(struct waitlist *list, uint64_t first)
{
	for (uint64_t i = first; i < first + MANY; i++)
		waitlist_add(list, client_number(i), 2 * i);
}

static int count_faults(const struct waitlist *list, uint64_t first)
{
	int faults = list->count != MANY;

	for (size_t i = 0; i < list->count; i++)
		faults += list->list[i].client != client_number(first + i) ||
			  list->list[i].id != 2 * (first + i);
	return faults;
}

int main(void)
{
	struct waitlist list = {0}, taken;

	taken = waitlist_take(&list);
	is((long long)taken.count, 0, "nobody is taken from an empty list");
	waitlist_done(&taken);

	add_many(&list, 1);
	is(count_faults(&list, 1), 0, "many, in the order in which they came");

	taken = waitlist_take(&list);
	is((long long)list.count, 0, "taken: a new list begins");
	is(count_faults(&taken, 1), 0, "and the old one is whole");

	add_many(&list, 5000);
	is(count_faults(&taken, 1), 0, "who comes while it is worked through is not on it");
	is(count_faults(&list, 5000), 0, "but on the new one");

	waitlist_done(&taken);
	is((long long)taken.count, 0, "done");
	waitlist_done(&taken);
	ok(!taken.list, "once more does no harm");
	waitlist_done(&list);
	return done();
}
