#!/bin/bash
# make-shell-hash - since GNU make 4.3 \# within $(shell ...) reaches the shell with its backslash
#
# Up to 4.2 a # had to be written \# there, and the shell saw #.  Since 4.3 it is no comment within a
# function call, and whoever still writes the backslash has it in the command.  A test for a header,
# $(shell echo '\#include <x.h>' | $(CC) -E -), then can never fail: the preprocessor sees a text that
# begins with a backslash, no directive, and what is missing seems to be there.
# shellcheck source-path=SCRIPTDIR source=debian.bash
. "$(dirname "$0")/debian.bash"

unpack bookworm make=4.3-4.1 'libc6=2.36-9+deb12u*'
cat >"$here/Makefile" <<'END'
with := $(shell printf '%s' '\#include')
without := $(shell printf '%s' '#include')
$(info $(with) $(without))
all:
END

expect "GNU make 4.3, '\\#include' and '#include' in \$(shell)" '\#include #include' \
	"$(within bookworm "$here/bookworm/usr/bin/make" -s -f "$here/Makefile")"
