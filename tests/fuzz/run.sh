#!/bin/sh
# run.sh FOLDER PROGRAM...: each fuzzer for FUZZ_SECONDS (60) on its seeds, with
# its words (NAME.dict), and on what it found before (FOLDER/NAME.corpus). What
# breaks it is kept in FOLDER and named.
set -eu
folder=$1
shift
for program; do
	name=$(basename "$program")
	seeds=tests/fuzz/seeds/${name#fuzz_}
	words=tests/fuzz/${name#fuzz_}.dict
	mkdir -p "$folder/$name.corpus"
	echo "$name: ${FUZZ_SECONDS:-60} s"
	"$program" -max_total_time="${FUZZ_SECONDS:-60}" -max_len=8192 \
		-timeout=10 -rss_limit_mb=1024 -artifact_prefix="$folder/$name-" \
		$([ ! -f "$words" ] || echo "-dict=$words") \
		-print_final_stats=1 "$folder/$name.corpus" "$seeds" \
		>"$folder/$name.log" 2>&1 || {
		tail -30 "$folder/$name.log"
		echo "$name: broken, see $folder/$name.log"
		exit 1
	}
	sed -n 's/^stat::number_of_executed_units: */  runs: /p' "$folder/$name.log"
done
