#!/bin/bash
# gettext-c-utf8 - since Debian 13 LANGUAGE is ignored in the locale C.UTF-8
#
# gettext(3) translates nothing in the locale "C", whatever LANGUAGE says.  glibc 2.36 (Debian 12)
# takes C.UTF-8 for a locale like any other, so LANGUAGE=ko is obeyed; glibc 2.41 (Debian 13) takes
# it for "C".  So programs lose their translation in containers and services, where LC_ALL=C.UTF-8 is
# what one sets to have UTF-8 without generating a locale.
# shellcheck source-path=SCRIPTDIR source=debian.bash
. "$(dirname "$0")/debian.bash"

unpack bookworm 'libc6=2.36-9+deb12u*' 'libc-bin=2.36-9+deb12u*' gettext-base=0.21-12 coreutils=9.1-1
unpack trixie 'libc6=2.41-12+deb13u*' 'libc-bin=2.41-12+deb13u*' gettext-base=0.23.1-2

# The messages are those of Debian 12's coreutils for both; only the C library differs.
say() { # SUITE
	LC_ALL=C.UTF-8 LANGUAGE=ko LOCPATH=$here/$1/usr/lib/locale \
		TEXTDOMAINDIR=$here/bookworm/usr/share/locale \
		within "$1" "$here/$1/usr/bin/gettext" coreutils 'write error'
}

expect 'LC_ALL=C.UTF-8 LANGUAGE=ko gettext, glibc 2.36' '쓰기 오류' "$(say bookworm)"
expect 'LC_ALL=C.UTF-8 LANGUAGE=ko gettext, glibc 2.41' 'write error' "$(say trixie)"
