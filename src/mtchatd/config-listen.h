/*
 * config-listen.h - which addresses `listen` may name, alone and beside each other
 *
 * The one rule for `--check`, a start and a reload: what it lets through can be listened on by any
 * machine that has the addresses and nobody else at the port.  Pure but for what it logs.
 */
#pragma once

#include <netinet/in.h>

#include "mtchatd/config-check.h"

/*
 * Complains of the address at i: nobody can connect to it, or the one before it at k (k < i) is the
 * same or covers it, or the other way round.  Each is in its normal form; "" (it was refused
 * before) is passed over.  Logs.
 */
void check_listen(struct reader *reader, const char *file, int line,
		  const char list[CONFIG_LISTEN_MAX][INET6_ADDRSTRLEN], int i);

/* Complains of "fe80::1%eth0", if it is such a one: it means something, but not here.  Logs. */
bool check_scope(struct reader *reader, const char *file, int line, const char *address);

/* The same without a word: whether the addresses up to the first "" may stand together. */
bool listen_is_sound(const char list[CONFIG_LISTEN_MAX][INET6_ADDRSTRLEN]);
