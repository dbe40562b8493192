#!/bin/sh
# The numbers of the migrations are 1, 2, 3 and so on: the number is the version
# of the schema, so each is there once. Two that were written at the same time
# have the same one, and the build says so in the words of a C compiler.

set -eu

folder=src/store/sqlite/migrations
due=1
for file in "$folder"/*; do
	name=${file##*/}
	case $name in
	[0-9][0-9][0-9][0-9]-[a-z]*.sql) ;;
	*)
		echo "$file:1: is not named NNNN-word.sql"
		continue
		;;
	esac
	number=$(echo "${name%%-*}" | sed 's/^0*//')
	number=${number:-0}
	[ "$number" -eq "$due" ] ||
		echo "$file:1: has the number $number, due is $due: the next" \
			"migration is always the next number"
	[ "$number" -lt "$due" ] || due=$((number + 1))
done
