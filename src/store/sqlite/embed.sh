#!/bin/sh
# Turns migration files into a C array on standard output, byte by byte through
# od: no limit of a literal, no quoting. See the Makefile.
set -eu

printf '/* Made by embed.sh from the migration files. */\n'
printf '#include "store/sqlite/engine_priv.h"\n\n'
for file in "$@"; do
	base=$(basename "$file" .sql)
	number=${base%%-*}
	printf 'static const unsigned char text_%s[] = {\n' "$number"
	# The closing 0 makes it a C string; it is not part of the length.
	od -An -v -tx1 "$file" | sed 's/ \(..\)/0x\1,/g'
	printf '0x00 };\n\n'
done
printf 'const struct migration store_migrations[] = {\n'
for file in "$@"; do
	base=$(basename "$file" .sql)
	number=${base%%-*}
	# Without its leading zeros: in C they would mean octal.
	plain=$(printf '%s' "$number" | sed 's/^0*//')
	printf '\t{ %s, "%s", text_%s, sizeof(text_%s) - 1 },\n' \
		"$plain" "$base" "$number" "$number"
done
printf '\t{ 0, NULL, NULL, 0 },\n};\n'
