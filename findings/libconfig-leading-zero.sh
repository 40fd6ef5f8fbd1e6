#!/bin/bash
# libconfig-leading-zero - 010 is ten in libconfig 1.5 (Debian 12) and eight in 1.7.3 (Debian 13)
#
# The same file, read by the same calls: a number with a leading zero is decimal in 1.5 and octal in
# 1.7.3, which refuses the whole file for an 08.  Nothing is said about the former, so a value that
# was written with a zero in front changes silently at an upgrade of the system.
# shellcheck source-path=SCRIPTDIR source=debian.bash
. "$(dirname "$0")/debian.bash"

unpack bookworm libconfig9=1.5-0.4 'libc6=2.36-9+deb12u*'
unpack trixie libconfig11=1.7.3-2 'libc6=2.41-12+deb13u*'
unpack_into headers trixie libconfig-dev=1.7.3-2
cat >"$here/read.c" <<'END'
#include <libconfig.h>
#include <stdio.h>

/* The header is that of 1.7.3: its config_t is the larger one, and no call here looks into it. */
int main(int argc, char **argv)
{
	config_t config;
	int value;

	config_init(&config);
	if (argc != 2 || !config_read_string(&config, argv[1]))
		puts("refused");
	else if (config_lookup_int(&config, "limit", &value))
		printf("%d\n", value);
	else
		puts("no integer");
	return 0;
}
END
compile bookworm read.c libconfig.so.9
compile trixie read.c libconfig.so.11

read_with() { # SUITE TEXT
	within "$1" "$here/$1/read" "$2"
}

expect 'libconfig 1.5, limit = 010;' 10 "$(read_with bookworm 'limit = 010;')"
expect 'libconfig 1.7.3, limit = 010;' 8 "$(read_with trixie 'limit = 010;')"
expect 'libconfig 1.5, limit = 08;' 8 "$(read_with bookworm 'limit = 08;')"
expect 'libconfig 1.7.3, limit = 08;' refused "$(read_with trixie 'limit = 08;')"
expect 'libconfig 1.7.3, limit = 8;' 8 "$(read_with trixie 'limit = 8;')"
