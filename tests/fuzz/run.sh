#!/bin/sh
# run.sh FOLDER SECONDS RUNS FUZZER...
# Runs each libFuzzer program FOLDER/fuzz_NAME for so long (0: without end) or until it has
# had so many inputs (-1: without end). It begins with the committed corpus
# tests/fuzz/corpus/NAME and with what earlier runs found, FOLDER/NAME, where new inputs go;
# a dictionary is tests/fuzz/NAME.dict. An input that fails is kept as FOLDER/NAME-crash-...
# (or -leak-, -timeout-, -oom-) and ends the run.
set -u
folder=$1
seconds=$2
runs=$3
shift 3

# An impossible allocation returns NULL, as malloc does. Freed memory is set aside for some
# thousand blocks only: touching new pages takes longer than most inputs.
export ASAN_OPTIONS="${ASAN_OPTIONS-allocator_may_return_null=1:quarantine_size_mb=2}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS-print_stacktrace=1}"
# Harnesses that write files do it in memory where they can.
[ -d /dev/shm ] && export TMPDIR=/dev/shm

failed=
for fuzzer in "$@"; do
    name=$(basename "$fuzzer")
    name=${name#fuzz_}
    mkdir -p "$folder/$name"
    dictionary=tests/fuzz/$name.dict
    [ -f "$dictionary" ] && set -- -dict="$dictionary" || set --
    echo "fuzz: $name, log in $folder/$name.log"
    "$fuzzer" "$@" -max_total_time="$seconds" -runs="$runs" -timeout=120 \
        -report_slow_units=60 -rss_limit_mb=2048 -max_len=8192 -reload=0 -print_final_stats=1 \
        -artifact_prefix="$folder/$name-" \
        "$folder/$name" "tests/fuzz/corpus/$name" >"$folder/$name.log" 2>&1 </dev/null ||
        failed="$failed $name"
    grep -E "^inputs:|SUMMARY|not so:|Test unit written" "$folder/$name.log"
done
[ -z "$failed" ] || { echo "fuzz: failed:$failed" >&2; exit 1; }
