#!/bin/sh
# All sources included in one file compile without a warning.
# Needs: $CC clang
set -u
unit=$(mktemp -d) || exit 1
trap 'rm -rf "$unit"' EXIT
for floor in base kernels tensor layers losses optimizers model train io; do
    for path in src/"$floor"/*.c; do
        [ ! -e "$path" ] || echo "#include \"${path#src/}\""
    done
done >"$unit/nn.c"

failed=0
for compiler in "$CC" clang; do
    # shellcheck disable=SC2086 # a command with its arguments
    $compiler -std=c99 -Wall -Wextra -Wpedantic -Werror -Iinclude -Isrc -pthread -O0 \
        -c -o "$unit/nn.o" "$unit/nn.c" || {
        echo "src:1: the sources do not compile as one file with $compiler"
        failed=1
    }
done
exit $failed
