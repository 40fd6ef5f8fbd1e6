#!/bin/bash
# fts5-korean-words - neither of SQLite's FTS5 tokenizers finds a Korean word of two syllables
#
# Korean writes particles onto the noun, so a meeting (회의) mostly stands as 회의에서 or 회의록은.
# unicode61 takes that for one word, and a query for 회의 finds none of them.  trigram knows parts of
# words, but from three characters on, and most Korean (and Chinese and Japanese) words have two: the query
# is no error, it finds nothing, whatever the table has.  In English three letters are hardly a word.
# shellcheck source-path=SCRIPTDIR source=debian.bash
. "$(dirname "$0")/debian.bash"

unpack bookworm sqlite3=3.40.1-2+deb12u2 libsqlite3-0=3.40.1-2+deb12u2 libreadline8=8.2-1.3 \
	libtinfo6=6.4-4 zlib1g=1:1.2.13.dfsg-1 'libc6=2.36-9+deb12u*'

# How many of four lines a query finds.
found() { # TOKENIZER QUERY
	within bookworm "$here/bookworm/usr/bin/sqlite3" :memory: "
		CREATE VIRTUAL TABLE lines USING fts5(text, tokenize = '$1');
		INSERT INTO lines VALUES ('오늘 회의에서 들었어요'), ('회의록은 여기'), ('회의 시작'), ('the meeting');
		SELECT count(*) FROM lines WHERE lines MATCH '$2';"
}

expect 'SQLite 3.40.1, unicode61, lines with 회의 found (of 3)' 1 "$(found unicode61 회의)"
expect 'SQLite 3.40.1, trigram, lines with 회의 found (of 3)' 0 "$(found trigram 회의)"
expect 'SQLite 3.40.1, trigram, lines with 회의록 found (of 1)' 1 "$(found trigram 회의록)"
expect 'SQLite 3.40.1, trigram, lines with eet found (of 1)' 1 "$(found trigram eet)"
