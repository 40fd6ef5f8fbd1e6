/* config-listen.c - which addresses `listen` may name, alone and beside each other */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "mtchatd/config-listen.h"

static const char link_local[] =
	"a link-local address needs its interface beside it, which cannot be given here; name "
	"another address of that interface, or \"::\"";

static const char *fault_of_ipv4(struct in_addr address)
{
	if (address.s_addr == INADDR_BROADCAST)
		return "nobody can connect to the broadcast address";
	return IN_MULTICAST(ntohl(address.s_addr)) ? "nobody can connect to a multicast address"
						   : NULL;
}

static const char *fault_of_ipv6(const struct in6_addr *address)
{
	if (IN6_IS_ADDR_MULTICAST(address))
		return "nobody can connect to a multicast address";
	return IN6_IS_ADDR_LINKLOCAL(address) ? link_local : NULL;
}

/* Why it cannot be listened on, whatever the machine; or NULL. */
static const char *fault_of(const char *address)
{
	struct in6_addr ipv6;
	struct in_addr ipv4;

	if (inet_pton(AF_INET, address, &ipv4) == 1)
		return fault_of_ipv4(ipv4);
	return inet_pton(AF_INET6, address, &ipv6) == 1 ? fault_of_ipv6(&ipv6) : NULL;
}

/* Whether `all` stands for all addresses of its kind, one of which is `one`. */
static bool covers(const char *all, const char *one)
{
	if (strcmp(all, one) == 0)
		return false;
	if (strcmp(all, "0.0.0.0") == 0)
		return !strchr(one, ':');
	return strcmp(all, "::") == 0 && strchr(one, ':');
}

static void check_pair(struct reader *reader, const char *file, int line, const char *a,
		       const char *b)
{
	bool first = covers(a, b);

	if (strcmp(a, b) == 0)
		complain(reader, file, line, "listen has %s twice", a);
	else if (first || covers(b, a))
		complain(reader, file, line,
			 "listen has %s beside %s, which stands for it already: leave out one",
			 first ? b : a, first ? a : b);
}

void check_listen(struct reader *reader, const char *file, int line,
		  const char list[CONFIG_LISTEN_MAX][INET6_ADDRSTRLEN], int i)
{
	const char *fault = fault_of(list[i]);

	if (fault)
		complain(reader, file, line, "listen cannot have %s: %s", list[i], fault);
	for (int k = 0; k < i && list[i][0]; k++)
		check_pair(reader, file, line, list[k], list[i]);
}

bool check_scope(struct reader *reader, const char *file, int line, const char *address)
{
	size_t size = strcspn(address, "%");
	char bare[INET6_ADDRSTRLEN];
	const char *fault;

	if (address[size] == '\0' || size >= sizeof(bare))
		return false;
	snprintf(bare, sizeof(bare), "%.*s", (int)size, address);
	fault = fault_of(bare);
	if (!fault)
		return false;
	complain(reader, file, line, "listen cannot have %s%%...: %s", bare,
		 fault == link_local ? "interfaces are not supported; name another address of that "
				       "one, or \"::\""
				     : fault);
	return true;
}

bool listen_is_sound(const char list[CONFIG_LISTEN_MAX][INET6_ADDRSTRLEN])
{
	for (int i = 0; i < CONFIG_LISTEN_MAX && list[i][0]; i++) {
		if (fault_of(list[i]))
			return false;
		for (int k = 0; k < i; k++)
			if (strcmp(list[k], list[i]) == 0 || covers(list[k], list[i]) ||
			    covers(list[i], list[k]))
				return false;
	}
	return true;
}
