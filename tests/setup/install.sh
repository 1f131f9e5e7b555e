#!/bin/sh
# Installs the Debian packages named on the command line that are not there yet.
# Asks nothing of the network, and says nothing, when all are there.
set -eu

if ! command -v dpkg-query >/dev/null; then
    echo "setup: this script knows Debian and Ubuntu only; please install: $*" >&2
    exit 1
fi

missing=
for package in "$@"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=absent
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

apt='env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300'
[ "$(id -u)" = 0 ] || apt="sudo $apt"
echo "setup: installing$missing"
# shellcheck disable=SC2086 # words
{
    $apt update
    $apt -y install --no-install-recommends $missing
}
