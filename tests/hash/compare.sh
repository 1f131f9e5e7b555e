#!/bin/sh
# compare.sh NAME PROGRAM [THREADS]
# Runs a hash program (RUNNER before it) and compares what it prints with expected.txt.
# Prints a line that begins with "ok" or "FAIL", and in the second case what differs.
set -u
name=$1
shift
folder=$(dirname "$0")
got=$(mktemp)
trap 'rm -f "$got" "$got.err"' EXIT

# shellcheck disable=SC2086 # RUNNER is a command with its arguments
${RUNNER-} "$@" >"$got" 2>"$got.err"
status=$?
wanted=$(grep -v '^#' "$folder/expected.txt")
if [ $status = 0 ] && printf '%s\n' "$wanted" | cmp -s - "$got"; then
    echo "ok   $name ($(tail -n 1 "$got.err"))"
    exit 0
fi
echo "FAIL $name (exit $status)"
cat "$got.err"
printf '%s\n' "$wanted" | diff - "$got"
exit 1
