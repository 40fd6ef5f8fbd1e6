#!/bin/bash
# readline-c-locale - without a UTF-8 locale, readline takes typed UTF-8 for editing commands
#
# In the locale "C" (a service, cron, a container, another machine by ssh) readline 8.2 has convert-meta
# on: a byte of 128 or more is Meta and the rest of that byte.  So "뼈" (EB BC 88) is no letter but
# Meta-k, Meta-< and Ctrl-Meta-h: to the oldest line of the history, and one word of it deleted.  What
# was typed before is gone, and Return says what somebody said long ago.
# shellcheck source-path=SCRIPTDIR source=debian.bash
. "$(dirname "$0")/debian.bash"

unpack bookworm libreadline8=8.2-1.3 libtinfo6=6.4-4 'libc6=2.36-9+deb12u*' \
	'libc-bin=2.36-9+deb12u*'
unpack_into headers bookworm libreadline-dev=8.2-1.3
cat >"$here/say.c" <<'END'
#include <locale.h>
#include <stdio.h>

#include <readline/history.h>
#include <readline/readline.h>

/* Prints what is read: one line. */
int main(void)
{
	char *line;

	setlocale(LC_ALL, "");
	add_history("the oldest line");
	add_history("another line");
	line = readline("");
	printf("\nread: [%s]\n", line ? line : "");
	return 0;
}
END
compile bookworm say.c libreadline.so.8 libtinfo.so.6

# Types a text at a terminal, as soon as readline has prepared it, and tells what was read.
typed() { # LOCALE TEXT
	LC_ALL=$1 LOCPATH=$here/bookworm/usr/lib/locale TERM=dumb INPUTRC=/dev/null \
		python3 - "$2" "$here/bookworm" "$triplet" <<'END'
import os, pty, sys, termios, time
text, root, triplet = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    loader = next(os.path.join(folder, name) for folder, _, names in os.walk(root)
                  for name in names if name.startswith("ld-linux"))
    libraries = f"{root}/usr/lib/{triplet}:{root}/lib/{triplet}"
    os.execv(loader, [loader, "--library-path", libraries, root + "/say"])
while termios.tcgetattr(terminal)[3] & termios.ICANON:
    time.sleep(0.01)
os.write(terminal, text.encode() + b"\r")
seen = b""
while b"read: [" not in seen or b"]" not in seen.split(b"read: [")[1]:
    seen += os.read(terminal, 4096)
print(seen.split(b"read: [")[1].split(b"]")[0].decode(errors="replace"))
END
}

expect 'readline 8.2, LC_ALL=C.UTF-8, "뼈" is typed' '뼈' "$(typed C.UTF-8 '뼈')"
expect 'readline 8.2, LC_ALL=C, "뼈" is typed' 'the oldest ' "$(typed C '뼈')"
