#!/bin/bash
# readline-locale-again - readline undoes a setlocale() of the program before each line
#
# A program that finds no UTF-8 in its environment may choose C.UTF-8 for itself by setlocale().  With the
# callback interface of readline 8.2 that holds until the next line is begun: there readline sets LC_CTYPE
# anew from $LC_ALL, $LC_CTYPE and $LANG, for the whole process, and mbrtowc() and wcwidth() of the
# program answer otherwise from one call to the next.  What lasts is setenv(), which children inherit.
# shellcheck source-path=SCRIPTDIR source=debian.bash
. "$(dirname "$0")/debian.bash"

unpack bookworm libreadline8=8.2-1.3 libtinfo6=6.4-4 'libc6=2.36-9+deb12u*' \
	'libc-bin=2.36-9+deb12u*'
unpack_into headers bookworm libreadline-dev=8.2-1.3
cat >"$here/chosen.c" <<'END'
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include <readline/readline.h>

static void take(char *line)
{
	free(line);
}

static void tell(const char *when)
{
	fprintf(stderr, "%s: %s\n", when, setlocale(LC_CTYPE, NULL));
}

int main(void)
{
	rl_outstream = fopen("/dev/null", "w");
	setlocale(LC_CTYPE, "C.UTF-8");
	rl_initialize();
	setlocale(LC_CTYPE, "C.UTF-8");
	tell("chosen");
	rl_callback_handler_install("", take);
	tell("begun");
	rl_callback_handler_remove();
	return 0;
}
END
compile bookworm chosen.c libreadline.so.8 libtinfo.so.6

seen() { # ENVIRONMENT WHEN
	env "$1" LOCPATH="$here/bookworm/usr/lib/locale" TERM=dumb INPUTRC=/dev/null bash -c '
		exec "$@" </dev/null' - "$(find "$here/bookworm" -name 'ld-linux*.so.*' | head -n 1)" \
		--library-path "$here/bookworm/usr/lib/$triplet:$here/bookworm/lib/$triplet" \
		"$here/bookworm/chosen" 2>&1 | sed -n "s/^$2: //p"
}

expect 'LC_ALL=C, setlocale(LC_CTYPE, "C.UTF-8")' C.UTF-8 "$(seen LC_ALL=C chosen)"
expect '... when readline 8.2 has begun a line' C "$(seen LC_ALL=C begun)"
expect 'LC_ALL=C.UTF-8, when it has begun a line' C.UTF-8 "$(seen LC_ALL=C.UTF-8 begun)"
