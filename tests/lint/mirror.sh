#!/bin/sh
# Every module has its test: src/<room>/<module>.c has
# tests/<room>/test_<module>.c, or its opening comment names the tests that
# reach it ("tested with: test_x", several by blanks), of its own room or, as
# room/test_x, of another. Exempt are the two main() files and the commands of
# triagectl, which the scenario tests drive. A named test must exist.

set -eu

# The tests named in the first 40 lines, as paths without their ending.
named_tests() {
	sed -n '1,40s/.*tested with:\(.*\)/\1/p' "$1" |
		tr -c 'a-z0-9_/' '\n' | sed -n "
			s,^[a-z]*/test_..*,tests/&,p
			s,^test_..*,tests/$2/&,p"
}

check() {
	room=${1#src/}
	room=${room%%/*}
	names=$(named_tests "$1" "$room")
	if [ -z "$names" ]; then
		names=tests/$room/test_$(basename "$1" .c)
		[ -f "$names.c" ] ||
			echo "$1:1: has no $names.c and names no other test"
		return
	fi
	for name in $names; do
		[ -f "$name.c" ] || [ -f "$name.py" ] ||
			echo "$1:1: names $name, which does not exist"
	done
}

for source in src/*/*.c src/*/*/*.c; do
	case $source in
	src/daemon/triaged.c | src/cli/triagectl.c | src/cli/cmd_*.c) ;;
	*) [ ! -f "$source" ] || check "$source" ;;
	esac
done
