#!/bin/sh
# run_tests.sh LOGS TEST...
# Runs each test (a cmocka program or a Python file), some side by side, prints a line for
# each, then the logs of those that failed, and last one line `N passed, N failed`.
# A test's output goes to LOGS/NAME.log. It runs in the root of the tree; TMPDIR is its own
# empty folder. From the environment: RUNNER, PYTHON, SANITIZE, TEST_TIMEOUT, NN_LIBRARY.
set -u

# Prints "passed failed skipped open told" as the log of a cmocka or unittest run tells:
# open is the number of groups that began and did not end, told is 0 if it tells nothing.
count_in() {
    awk '
    /^\[==========\].* Running [0-9]+ test/ { open++; told = 1 }
    /^\[==========\].* test\(s\) run/ { open-- }
    /^\[  PASSED  \] [0-9]+ test/ { passed += $4 }
    /^\[  SKIPPED \] [0-9]+ test/ { skipped += $4 }
    /^\[  FAILED  \] [0-9]+ test/ { failed += $4 }
    /^Ran [0-9]+ tests? in/ { passed += $2; told = 1 }
    /^(OK|FAILED) \(/ {
        line = $0
        gsub(/[^a-z0-9=]+/, " ", line)
        words = split(line, word, " ")
        for (i = 1; i <= words; i++) {
            split(word[i], pair, "=")
            if (pair[1] ~ /^(failures|errors|skipped)$/) { passed -= pair[2] }
            if (pair[1] ~ /^(failures|errors)$/) { failed += pair[2] }
            if (pair[1] == "skipped") { skipped += pair[2] }
        }
    }
    END { print passed + 0, failed + 0, skipped + 0, open + 0, told + 0 }' "$1"
}

run_one() {
    logs=$1
    test=$2
    name=$(basename "$test")
    log=$logs/$name.log
    rm -rf "$logs/$name.tmp"
    mkdir -p "$logs/$name.tmp"

    case $test in
    *.py) set -- "$PYTHON" "$test" ;;
    *) # shellcheck disable=SC2086 # RUNNER is a command with its arguments
        set -- $RUNNER "$test" ;;
    esac
    start=$(date +%s)
    case $test:$RUNNER$SANITIZE in
    *.py:?*) # counts as one skipped test
        echo "[  SKIPPED ] 1 test: Python cannot load a library for ${RUNNER:-$SANITIZE}" >"$log"
        status=0 ;;
    */test_nanomsg:*memory)
        echo "[  SKIPPED ] 1 test: nanomsg itself is not built with $SANITIZE" >"$log"
        status=0 ;;
    *)
        TMPDIR=$PWD/$logs/$name.tmp timeout -k 10 "$TEST_TIMEOUT" "$@" >"$log" 2>&1 </dev/null
        status=$? ;;
    esac
    seconds=$(($(date +%s) - start))

    # shellcheck disable=SC2046 # five numbers
    set -- $(count_in "$log")
    passed=$1 failed=$2 skipped=$3 open=$4 told=$5
    reason=
    if [ "$status" = 124 ] || [ "$status" = 137 ]; then
        reason=" (stopped after $TEST_TIMEOUT s)"
    elif [ "$status" != 0 ]; then
        reason=" (exit $status)"
    elif [ "$open" != 0 ]; then
        status=1 reason=' (ended in the middle)'
    elif [ "$told$skipped" = 00 ] && [ "$test" != "${test%.py}" ]; then
        passed=1
    elif [ $((passed + failed + skipped)) = 0 ]; then
        status=1 reason=' (ran no test)'
    fi
    [ "$status" = 0 ] || [ "$failed" -gt 0 ] || failed=1

    verdict=ok
    [ "$failed" = 0 ] || verdict=FAIL
    skips=
    [ "$skipped" = 0 ] || skips=", $skipped skipped"
    printf '%-4s %-36s %4d passed, %d failed%s%s, %d s\n' \
        "$verdict" "$name" "$passed" "$failed" "$skips" "$reason" "$seconds"
    echo "$passed $failed $skipped $name" >"$logs/$name.count"
    [ "$verdict" = FAIL ] || rm -rf "$logs/$name.tmp"
}

if [ "$1" = --one ]; then
    run_one "$2" "$3"
    exit 0
fi

logs=$1
shift
mkdir -p "$logs"
rm -f "$logs"/*.count

# Defaults of the sanitizers: an impossible allocation returns NULL, as malloc does.
# Uses of a frame after return are not looked for: gcc aligns the frames that it keeps for
# that to 32 bytes, and the kernels have vectors of 64 bytes there (gcc bug 110027).
export ASAN_OPTIONS="${ASAN_OPTIONS-allocator_may_return_null=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS-allocator_may_return_null=1:second_deadlock_stack=1}"
export MSAN_OPTIONS="${MSAN_OPTIONS-allocator_may_return_null=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS-print_stacktrace=1}"
export PYTHONPATH="python${PYTHONPATH:+:$PYTHONPATH}" PYTHONDONTWRITEBYTECODE=1
export RUNNER="${RUNNER-}" PYTHON="${PYTHON-python3}" SANITIZE="${SANITIZE-}"
export TEST_TIMEOUT="${TEST_TIMEOUT-300}"

[ $# = 0 ] ||
    printf '%s\n' "$@" | xargs -P "$(nproc 2>/dev/null || echo 2)" -n 1 sh "$0" --one "$logs"

all=$(cat "$logs"/*.count 2>/dev/null)
failing=$(echo "$all" | awk '$2 > 0 { print $4 }')
for name in $failing; do
    echo "---- $logs/$name.log"
    tail -n 200 "$logs/$name.log"
done
skipping=$(echo "$all" | awk '$3 > 0 { printf " %s (%d)", $4, $3 }')
[ -z "$skipping" ] || echo "skipped tests, see the log:$skipping"
[ -z "$failing" ] || echo "failed: $(echo "$failing" | tr '\n' ' ')"
echo "$all" | awk '{ passed += $1; failed += $2 }
    END { print passed + 0 " passed, " failed + 0 " failed" }'

[ -z "$failing" ] || exit 1
[ $# -gt 0 ] || { echo "no test to run" >&2; exit 1; }
[ $# = "$(echo "$all" | grep -c .)" ] || { echo "some tests were not run" >&2; exit 1; }
