#!/bin/sh
# Build the package of this tree as it stands, beside it and without its tests:
#
#   make-deb.sh FILE.deb
#
# The copy stays, so that the next time only what changed is compiled.
set -eu
to=$(realpath -m "${1:?usage: make-deb.sh FILE.deb}")
cd "$(dirname "$0")/../.."
work=$(dirname "$to")/tree
mkdir -p "$work"
rm -rf "$work/debian"
tar -cf - --exclude='./build*' --exclude=./.git --exclude=__pycache__ . |
	tar -C "$work" -xf -
cd "$work"
if ! MAKEFLAGS=-j$(nproc) DEB_BUILD_OPTIONS=nocheck dpkg-buildpackage \
	-us -uc -b -nc -Pnocheck >../deb.log 2>&1; then
	tail -40 ../deb.log >&2
	exit 1
fi
# One of the packages it may make; the one with the programs.
mv ../triaged_[0-9]*.deb "$to"
