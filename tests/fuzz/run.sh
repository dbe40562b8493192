#!/bin/sh
# run.sh FOLDER PROGRAM...: fuzz each PROGRAM (fuzz_NAME) on its seeds, on what
# broke it before, and on what earlier runs found (FOLDER/fuzz_NAME.corpus).
#
#	FUZZ="conf ics"		these alone
#	FUZZ_SECONDS=60		for each
#	FUZZ_JOBS=1		so many at a time
#
# One line for each: how many inputs it tried, how many pieces of the program
# (edges and comparisons, as libFuzzer counts them) they reached, and how many
# of them are worth keeping. What breaks one is kept in FOLDER and named.
set -eu
folder=$1
shift
seconds=${FUZZ_SECONDS:-60}

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
	if ! "$program" -max_total_time="$seconds" -max_len=8192 -timeout=10 \
		-rss_limit_mb=1024 -artifact_prefix="$folder/fuzz_$name-" \
		-print_final_stats=1 "$@" >"$log" 2>&1; then
		grep -a -e 'does not hold' -e '^SUMMARY' -e 'ERROR: ' \
			-e 'Test unit written' "$log" || tail -5 "$log"
		echo "$name: broken, see $log"
		return 1
	fi
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	last=$(sed -n '/ft: /h; ${x; p;}' "$log")
	features=$(printf '%s\n' "$last" | sed -n 's/.* ft: *\([0-9]*\).*/\1/p')
	kept=$(printf '%s\n' "$last" | sed -n 's/.* corp: *\([0-9]*\).*/\1/p')
	echo "$name: ${runs:-0} runs in $seconds s, ${features:-0} features," \
		"${kept:-0} inputs kept"
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
