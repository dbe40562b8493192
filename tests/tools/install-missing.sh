#!/bin/sh
# Install what debian/control names and this machine lacks, saying so.
#
#   install-missing.sh build     what building needs
#   install-missing.sh check     what building and testing need
#   install-missing.sh boot      and what `make check-boot` needs beside it
#   install-missing.sh soak      and what `make soak` needs beside it
#   install-missing.sh valgrind  and what `make check-valgrind` needs beside it
#   install-missing.sh package   what dpkg-buildpackage needs, tests left out
#
# Only debian/control lists packages. Does nothing, and needs no rights, when
# nothing is missing.
set -eu
cd "$(dirname "$0")/../.."
what=${1:?usage: install-missing.sh build|check|boot|soak|valgrind|package}

# The Build-Depends paragraph, a line each: "name" or "name version at least".
wanted() {
	sed -n '/^Build-Depends:/,/^[^ ]/p' debian/control |
		grep '^ ' | grep -v -e '^ debhelper-compat' -e '^ dh-sequence' |
		case $what in
		build | package) grep -v -e '<!nocheck>' -e '<pkg.triaged' ;;
		check) grep -v '<pkg.triaged' ;;
		*) sed "s/<pkg.triaged.$what>//" | grep -v '<pkg.triaged' ;;
		esac |
		sed 's/<[^>]*>//g; s/[(),]//g; s/>=//'
	[ "$what" != package ] || printf '%s\n' build-essential debhelper
}

is_there() {
	found=$(dpkg-query -W -f='${db:Status-Status} ${Version}' "$1" 2>/dev/null) || return 1
	[ "${found% *}" = installed ] || return 1
	[ -z "${2-}" ] || dpkg --compare-versions "${found#* }" ge "$2"
}

missing=$(wanted | while read -r package version; do
	is_there "$package" "$version" || printf ' %s' "$package"
done)
[ -n "$missing" ] || exit 0

echo "Installing the packages this needs (listed in debian/control):$missing"
sudo=
if [ "$(id -u)" != 0 ]; then
	sudo=$(command -v sudo) || {
		echo "Not root and no sudo here. Run as root: apt-get install$missing" >&2
		exit 1
	}
fi
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
# shellcheck disable=SC2086  # a list of words on purpose
$sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
