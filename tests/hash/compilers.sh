#!/bin/sh
# Builds the library and the hash program with each compiler, optimisation level and
# language mode, and compares the hashes of each build with expected.txt. The builds lie in
# build/bits/; none may take more than 300 s. `make check-bits` calls it with MAKE;
# COMPILERS, LEVELS and MODES choose.
set -u
failed=0
passed=0
mkdir -p build/bits
for compiler in ${COMPILERS:-gcc clang}; do
    for level in ${LEVELS:--O1 -O3}; do
        for mode in ${MODES:--std=c99 -std=gnu11}; do
            out=build/bits/$compiler$level-${mode#-std=}
            if ! timeout -k 10 300 "${MAKE:-make}" --no-print-directory \
                CC="$compiler" CFLAGS="$level $mode" \
                out="$out" lib="$out/lib" linked="$out/linked" "$out/tests/hash/hash" \
                >"$out.log" 2>&1; then
                echo "FAIL $compiler $level $mode cannot be built:"
                tail -n 30 "$out.log"
                failed=$((failed + 1))
            elif sh tests/hash/compare.sh "$compiler $level $mode" "$out/tests/hash/hash" 2
            then
                passed=$((passed + 1))
            else
                failed=$((failed + 1))
            fi
        done
    done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
