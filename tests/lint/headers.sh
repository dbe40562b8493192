#!/bin/sh
# Every header compiles alone: it includes what its declarations need. And no
# two files of the tree share a name, for the module is the file.

set -eu

CC=${CC:-cc}
flags=$(pkg-config --cflags libevent_core libcurl jansson sqlite3 libsystemd \
	libcrypto yaml-0.1 libical smartcols 2>/dev/null || true)

for header in src/*/*.h src/*/*/*.h include/triaged/*.h; do
	[ -f "$header" ] || continue
	# shellcheck disable=SC2086 # the flags are words
	$CC -std=gnu17 -D_GNU_SOURCE -Isrc -Iinclude $flags -Wall -Wextra \
		-Werror -fsyntax-only -include "$header" -x c /dev/null \
		>/dev/null 2>&1 || echo "$header:1: does not compile alone"
done

find src -name '*.[ch]' | sed 's,.*/,,' | sort | uniq -d |
while read -r name; do
	find src -name "$name" | sort | sed 1d |
		sed "s,\$,:1: another file is called $name too,"
done
