#!/bin/sh
# Runs every lint on the tree, and on the bad examples it must reject: a lint
# that cannot fail is worse than none. Prints file:line: what is wrong, and
# ends with 1 when there is anything to say.
#
#   sh tests/lint/run.sh            all lints
#   sh tests/lint/run.sh layers     some of them
#
# A bad example is a small tree in bad/<lint>/ with a file `expected`: what the
# lint prints there, to the letter.

set -eu

LC_ALL=C
export LC_ALL
lint=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$lint/../.." && pwd)

# One awk lint over the sources and headers below the folders named. The file
# names of the tree are plain words.
scan() {
	program=$lint/$1.awk
	shift
	# shellcheck disable=SC2046
	"${AWK:-awk}" -f "$lint/code.awk" -f "$program" \
		$(find "$@" -name '*.[ch]' 2>/dev/null | sort)
}

messages() {
	header=include/triaged/messages.h
	catalogue=systemd/triaged.catalog
	if [ -f "$catalogue" ]; then
		"${AWK:-awk}" -f "$lint/code.awk" -f "$lint/messages.awk" \
			"$header" "$catalogue"
	else
		echo "$catalogue:1: does not exist"
	fi
}

# How much a broken into daemon could do, by the list that systemd keeps: 0 is
# nothing, 10 all. Its words differ between releases, so they are not repeated.
exposure() {
	unit=systemd/triaged.service
	if ! command -v systemd-analyze >/dev/null; then
		echo "$unit:1: not looked at, systemd-analyze is missing"
	elif ! systemd-analyze security --offline=yes --threshold=11 --no-pager \
		"$unit" >/dev/null; then
		echo "$unit:1: its exposure is above 1.1; what for, says:" \
			"systemd-analyze security --offline=yes $unit"
	fi
}

run() {
	case $1 in
	layers) scan layers src ;;
	sizes) scan sizes src include ;;
	forbidden) scan forbidden src include ;;
	mirror) sh "$lint/mirror.sh" ;;
	headers) sh "$lint/headers.sh" ;;
	messages) messages ;;
	exposure) exposure ;;
	versions) sh "$lint/versions.sh" ;;
	migrations) sh "$lint/migrations.sh" ;;
	*)
		echo "there is no lint of this name"
		return 1
		;;
	esac
}

# What lint $1 says about the tree in $2.
run_on() {
	(cd "$2" && run "$1") 2>&1 || echo "$2:1: lint $1 itself failed"
}

failed=0
said=$(mktemp)
trap 'rm -f "$said"' EXIT

[ $# -gt 0 ] || set -- layers sizes forbidden mirror headers messages exposure versions migrations
for name; do
	run_on "$name" "$root" >"$said"
	if [ -s "$said" ]; then
		cat "$said"
		failed=1
	fi
	if [ ! -f "$lint/bad/$name/expected" ]; then
		echo "tests/lint/bad/$name/expected:1: does not exist"
		failed=1
		continue
	fi
	run_on "$name" "$lint/bad/$name" >"$said"
	if ! diff "$lint/bad/$name/expected" "$said"; then
		echo "tests/lint/bad/$name/expected:1: not what lint $name says"
		failed=1
	fi
done
[ "$failed" -ne 0 ] || echo "lint: nothing to say ($*)"
exit "$failed"
