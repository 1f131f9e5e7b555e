#!/bin/sh
# Builds the library for aarch64 with Debian's cross compiler, with the hash program and the
# tests of the kernels (cmocka.h here stands in for cmocka), and runs them under qemu. The
# hashes are compared with tests/hash/expected.txt, on one thread and on three. The build
# lies in build/arm/. `make check-arm` calls it with MAKE; TESTS chooses other tests.
# TEST_FLAGS is there as gcc 12 fails on a loop of test_kernels.c (in its vectoriser).
set -u
cross=aarch64-linux-gnu
for tool in $cross-gcc qemu-aarch64; do
    command -v "$tool" >/dev/null || { echo "check-arm needs $tool: make setup-ci" >&2; exit 1; }
done
export RUNNER=qemu-aarch64

out=build/arm
: "${TESTS:=$(cd tests && echo test_kernel*.c test_dense_row.c test_gemm.c test_elementary.c)}"
programs=
for test in $TESTS; do
    programs="$programs $out/tests/${test%.c}"
done

mkdir -p $out
$cross-gcc -std=c99 -O1 -Wall -Wextra -c -o $out/cmocka.o tests/arm/cmocka.c || exit 1
rm -f $out/libcmocka.a
$cross-ar qcs $out/libcmocka.a $out/cmocka.o || exit 1
# shellcheck disable=SC2086 # one word for each program
"${MAKE:-make}" --no-print-directory CC=$cross-gcc AR=$cross-ar WERROR=1 \
    CPPFLAGS=-Itests/arm TEST_FLAGS=-fno-tree-vectorize LDFLAGS="-static -L$out" \
    out=$out lib=$out/lib linked=$out/linked \
    $out/tests/hash/hash $programs >$out.log 2>&1 || { cat $out.log; exit 1; }

passed=0
failed=0
for threads in 1 3; do
    if sh tests/hash/compare.sh "aarch64, $threads threads" $out/tests/hash/hash $threads; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
# shellcheck disable=SC2086
sh tests/setup/run_tests.sh $out/tests $programs || failed=1
[ $failed = 0 ]
