#!/bin/sh
# run.sh FOLDER PROGRAM...: fuzz each PROGRAM (fuzz_NAME) on its seeds, on what
# broke it before, and on what earlier runs found (FOLDER/fuzz_NAME.corpus).
#
#	FUZZ="conf ics"		these alone
#	FUZZ_SECONDS=60		for each, of CPU time: a busy machine takes longer
#	FUZZ_JOBS=1		so many at a time
#	FUZZ_TIMEOUT=10		for one input, by the clock: more where others work
#
# One line for each: how many inputs it tried, how many pieces of the program
# (edges and comparisons, as libFuzzer counts them) they reached, and how many
# of them are worth keeping. What breaks one is kept in FOLDER and named.
set -eu
folder=$1
shift
seconds=${FUZZ_SECONDS:-60}

# CPU seconds of what this shell ran until now, by way of the file $1: a pipe
# would be a shell of its own, which ran nothing.
used() {
	times >"$1"
	sed -n '2s/[sm]/ /gp' "$1" | awk '{print int(60 * ($1 + $3) + $2 + $4)}'
	rm -f "$1"
}

fuzz_one() {
	program=$1
	name=${program##*/fuzz_}
	log=$folder/fuzz_$name.log
	corpus=$folder/fuzz_$name.corpus
	mkdir -p "$corpus"
	set -- "$corpus" "tests/fuzz/seeds/$name"
	[ ! -d "tests/fuzz/regressions/$name" ] ||
		set -- "$@" "tests/fuzz/regressions/$name"
	[ ! -f "tests/fuzz/$name.dict" ] ||
		set -- "-dict=tests/fuzz/$name.dict" "$@"
	left=$seconds
	runs=0
	while [ "$left" -gt 0 ]; do
		if ! "$program" -max_total_time="$left" -max_len=8192 \
			-timeout="${FUZZ_TIMEOUT:-10}" -rss_limit_mb=1024 -print_final_stats=1 \
			-artifact_prefix="$folder/fuzz_$name-" \
			"$@" >"$log" 2>&1; then
			grep -a -e 'does not hold' -e '^SUMMARY' -e 'ERROR: ' \
				-e 'Test unit written' "$log" || tail -5 "$log"
			echo "$name: broken, see $log"
			return 1
		fi
		more=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
		runs=$((runs + ${more:-0}))
		used "$log.times" >"$log.used"
		left=$((seconds - $(cat "$log.used")))
		# The end of the clock and that of the CPU time are a bit apart.
		[ "$left" -gt 1 ] || left=0
	done
	last=$(sed -n '/ft: /h; ${x; p;}' "$log")
	features=$(printf '%s\n' "$last" | sed -n 's/.* ft: *\([0-9]*\).*/\1/p')
	kept=$(printf '%s\n' "$last" | sed -n 's/.* corp: *\([0-9]*\).*/\1/p')
	echo "$name: $runs runs in $(cat "$log.used") s of CPU," \
		"${features:-0} features, ${kept:-0} inputs kept"
}

if [ "${FUZZ_ONE:-}" ]; then
	fuzz_one "$FUZZ_ONE"
	exit
fi
for program; do
	name=${program##*/fuzz_}
	case " ${FUZZ:-$name} " in
	*" $name "*) printf '%s\0' "$program" ;;
	esac
done | xargs -0 -r -P "${FUZZ_JOBS:-1}" -I '{}' \
	env FUZZ_ONE='{}' sh "$0" "$folder"
for name in ${FUZZ:-}; do
	case " $* " in
	*"/fuzz_$name "*) ;;
	*)
		echo "no fuzz target is named $name"
		exit 2
		;;
	esac
done
