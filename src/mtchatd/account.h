/*
 * account.h - which account of this machine a user id is
 *
 * By /etc/passwd alone: a directory server may hang, and the handler that asks serves others.
 * Accounts that are only there are not vouched for.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

enum { ACCOUNT_MAX = 256 }; /* bytes of a name, with its NUL */

/*
 * Looks the user id up in the file `path` ("/etc/passwd").  Costs the reading of the file.  The
 * first line of that user counts; lines that cannot be are skipped.  (uid_t)-1 is nobody's.
 * 0; -ENOENT: no such account, or no file; -ENAMETOOLONG; or another -errno.
 */
int account_name(char ret[ACCOUNT_MAX], uid_t uid, const char *path);
