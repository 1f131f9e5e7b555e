#!/bin/sh
# The stripped shared library is not larger than docs/performance.md says. The limit is for
# gcc 12 on x86-64 and the default flags; what another compiler makes is not looked at.
# Needs: strip
set -u
limit=409000

grep -qa 'gcc 12[^,]*, x86-64' "$NN_LIB/libnn.so" || exit 0
stripped=$(mktemp) || exit 1
trap 'rm -f "$stripped"' EXIT
strip -o "$stripped" "$NN_LIB/libnn.so" || exit 1
size=$(wc -c <"$stripped")
[ "$size" -le "$limit" ] || {
    echo "Makefile:1: the shared library takes $size bytes stripped, the limit is $limit"
    exit 1
}
