#!/bin/sh
# Turns schema.sql and the migration files into C arrays on standard output, byte
# by byte through od: no limit of a literal, no quoting. See the Makefile.
set -eu

schema=$1
shift

array() {
	printf 'static const unsigned char text_%s[] = {\n' "$1"
	# The closing 0 makes it a C string; it is not part of the length.
	od -An -v -tx1 "$2" | sed 's/ \(..\)/0x\1,/g'
	printf '0x00 };\n\n'
}

# NUMBER NAME TEXT, as an initializer. A number has no leading zeros: in C they
# would mean octal.
entry() {
	printf '{ %s, "%s", text_%s, sizeof(text_%s) - 1 }' \
		"$(printf '%s' "$1" | sed 's/^0*//')" "$2" "$3" "$3"
}

printf '/* Made by embed.sh from schema.sql and the migration files. */\n'
printf '#include "store/sqlite/engine_priv.h"\n\n'
array schema "$schema"
for file in "$@"; do
	base=$(basename "$file" .sql)
	array "${base%%-*}" "$file"
done
printf 'const struct migration store_migrations[] = {\n'
for file in "$@"; do
	base=$(basename "$file" .sql)
	number=${base%%-*}
	printf '\t%s,\n' "$(entry "$number" "$base" "$number")"
done
printf '\t{ 0, NULL, NULL, 0 },\n};\n\n'
printf 'const struct migration store_schema = %s;\n' \
	"$(entry "$number" schema schema)"
