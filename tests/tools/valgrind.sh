#!/bin/sh
# Programs under valgrind's memcheck, for `make check-valgrind`.
#
#   valgrind.sh run PROGRAM       PROGRAM to its end; fails if that fails, if an
#                                 error was found, memory lost, or a descriptor
#                                 that it opened was left open
#   valgrind.sh dress BUILD DIR   DIR gets what BUILD has, with a triaged and a
#                                 triagectl that run under valgrind
#   valgrind.sh judge DIR         what those have found since; fails if they did
#
# What valgrind says goes to a file of each process, since a test reads standard
# error. Whatever it finds has a stack, and nothing else it says has one but an
# abort(), which is the test's to judge: so the word is the file's and not the
# exit status's, which a process killed lacks.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# A fault inside a child of fork() is reported by the child; what it has left at
# its end is its parent's.
memcheck="valgrind --tool=memcheck --error-exitcode=9 --leak-check=full \
--show-leak-kinds=definite --errors-for-leak-kinds=definite --num-callers=20 \
--suppressions=$here/valgrind.supp"
stack='^==[0-9]*==    at 0x'
abort='^==[0-9]*== Process terminating with default action of signal 6 '
blank='^==[0-9]*== *$'
# Its number on every machine. Hooks are watched by it, and the valgrind of Debian
# 12 does not have it; what it says of a program is not of the program then.
pidfd_open=434

run() {
	logs=$1.valgrind
	rm -rf "$logs"
	mkdir "$logs"
	rc=0
	# shellcheck disable=SC2086  # a list of words on purpose
	$memcheck --track-fds=yes --log-file="$logs/%p" "$@" &
	wait $! || rc=$?
	# A child that found nothing to execute leaves what is its parent's.
	find "$logs" -type f ! -name "$!" -exec \
		sed -i "/ Open file descriptor /,/$blank/d; /$abort/,/$blank/d" {} +
	if grep -q "unhandled .* syscall: $pidfd_open\$" "$logs"/*; then
		echo "valgrind: $1: not judged, for this valgrind has no pidfd_open()"
		return 0
	fi
	if grep -q "$stack" "$logs"/*; then
		cat "$logs"/*
		return 9
	fi
	return "$rc"
}

dress() {
	from=$(cd "$1" && pwd)
	rm -rf "$2"
	mkdir -p "$2/found"
	to=$(cd "$2" && pwd)
	for name in tests man completion; do
		ln -s "$from/$name" "$to/$name"
	done
	for name in triaged triagectl; do
		printf '#!/bin/sh\nexec %s --log-file=%s/found/%%p %s "$@"\n' \
			"$memcheck" "$to" "$from/$name" >"$to/$name"
		chmod 755 "$to/$name"
	done
}

judge() {
	set -- "$1"/found/*
	[ -e "$1" ] || {
		echo "valgrind: no program has run under it" >&2
		return 1
	}
	if bad=$(grep -l "$stack" "$@"); then
		# shellcheck disable=SC2086
		cat $bad
		echo "valgrind: $(echo "$bad" | wc -l) of $# processes were found in fault"
		return 1
	fi
	echo "valgrind: $# processes, none found in fault"
}

"$@"
