#!/bin/bash
# python-euc-kr - Python's euc-kr writes syllables that glibc's EUC-KR does not have, and cannot read
#
# KS X 1001 has 2,350 of the 11,172 Hangul syllables.  Of one that is missing, "뷁", glibc's iconv says
# that it cannot be converted (EILSEQ), as "//TRANSLIT" and programs that put a "?" there expect.  Python's
# codec of the same name writes it by the make-up sequence of the standard's annex 3 instead, eight bytes:
# a filler and three letters.  Python reads that back as one syllable; iconv, and so a terminal, reads
# four characters.  So what may be in a message in EUC-KR depends on who made it, and a text has another
# length on the other side.
# shellcheck source-path=SCRIPTDIR source=debian.bash
. "$(dirname "$0")/debian.bash"

unpack bookworm 'python3.11-minimal=3.11.2-6+deb12u*' 'libpython3.11-minimal=3.11.2-6+deb12u*' \
	'libpython3.11-stdlib=3.11.2-6+deb12u*' 'libc6=2.36-9+deb12u*' 'libc-bin=2.36-9+deb12u*'

python() {
	PYTHONHOME=$here/bookworm/usr within bookworm "$here/bookworm/usr/bin/python3.11" -S "$@"
}

convert() {
	GCONV_PATH=$here/bookworm/usr/lib/$triplet/gconv within bookworm \
		"$here/bookworm/usr/bin/iconv" "$@" 2>&1 || true
}

made=$(python -c 'print("뷁".encode("euc-kr").hex())')
expect 'Python 3.11, "뷁" in euc-kr' a4d4a4b2a4cea4aa "$made"
expect '... and read back' 1 "$(python -c "print(len(bytes.fromhex('$made').decode('euc-kr')))")"
expect 'glibc 2.36, iconv -t EUC-KR' 'cannot convert' \
	"$(printf '뷁' | convert -f UTF-8 -t EUC-KR | grep -q 'illegal input' && echo 'cannot convert')"
expect '... and what it reads of those eight bytes' 'ㅤㅂㅞㄺ' \
	"$(python -c "import os; os.write(1, bytes.fromhex('$made'))" | convert -f EUC-KR -t UTF-8)"
