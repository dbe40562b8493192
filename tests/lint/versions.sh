#!/bin/sh
# One version: what the Makefile says is what NEWS and the Debian changelog begin
# with. ./configure reads the Makefile.

set -eu

version=$(sed -n 's/^VERSION := //p' Makefile)

agrees() {
	[ "$2" = "$version" ] ||
		echo "$1:1: begins with version '$2', the Makefile says '$version'"
}

agrees NEWS "$(sed -n '1s/ .*//p' NEWS)"
agrees debian/changelog "$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)"
grep -q '^AC_INIT(.*Makefile' configure.ac ||
	echo "configure.ac:1: AC_INIT does not read the version from the Makefile"
