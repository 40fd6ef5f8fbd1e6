#!/bin/bash
# readline-joined-emoji - a family of three is six columns for readline, and two for tmux
#
# Emoji that U+200D joins are one picture: tmux 3.3a (as most terminals since) draws a family, 👩‍👩‍👧, in
# two columns.  readline 8.2 adds up what wcwidth(3) says of each character, 2 + 0 + 2 + 0 + 2.  From
# there on the two do not agree on where the cursor is: going home from behind the family, readline moves
# it four columns too far to the left, into the prompt or whatever stands there, and writes over it.
# shellcheck source-path=SCRIPTDIR source=debian.bash
. "$(dirname "$0")/debian.bash"

unpack bookworm tmux=3.3a-3 libevent-core-2.1-7=2.1.12-stable-8 libutempter0=1.2.1-3 \
	libreadline8=8.2-1.3 libtinfo6=6.4-4 'libc6=2.36-9+deb12u*' 'libc-bin=2.36-9+deb12u*' \
	ncurses-base=6.4-4
unpack_into headers bookworm libreadline-dev=8.2-1.3
cat >"$here/ask.c" <<'END'
#include <locale.h>
#include <stdio.h>

#include <readline/readline.h>

/* A prompt of ten columns. */
int main(void)
{
	setlocale(LC_ALL, "");
	readline("12345678> ");
	return 0;
}
END
compile bookworm ask.c libreadline.so.8 libtinfo.so.6
export LOCPATH=$here/bookworm/usr/lib/locale INPUTRC=/dev/null TERM=xterm
export TERMINFO=$here/bookworm/lib/terminfo TERMINFO_DIRS=$here/bookworm/usr/share/terminfo

screen() {
	within bookworm "$here/bookworm/usr/bin/tmux" -S "$here/socket" -f /dev/null "$@"
}

column() {
	screen display -p '#{cursor_x}'
}

# Waits until the cursor is in another column than this one, and stays there.
column_after() { # COLUMN
	local x=$1 last='' i
	for ((i = 0; i < 100; i++)); do
		x=$(column)
		[ "$x" = "$1" ] || [ "$x" != "$last" ] || break
		last=$x
		sleep 0.1
	done
	echo "$x"
}

loader=$(find "$here/bookworm" -name 'ld-linux*.so.*' | head -n 1)
path=$here/bookworm/usr/lib/$triplet:$here/bookworm/lib/$triplet
screen new-session -d -x 80 -y 10 "'$loader' --library-path '$path' '$here/bookworm/ask'"
trap 'screen kill-server 2>/dev/null; rm -rf "$here"' EXIT

expect 'column behind the prompt' 10 "$(column_after 0)"
screen send-keys '👩‍👩‍👧'
expect 'tmux 3.3a, column behind a family' 12 "$(column_after 10)"
screen send-keys C-a
expect 'readline 8.2, column after Ctrl-A' 6 "$(column_after 12)"
