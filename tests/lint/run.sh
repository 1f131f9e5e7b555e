#!/bin/sh
# run.sh [NAME...]
# Runs each check_NAME in this folder (all when none is named) and says which failed.
# `make lint` calls it with CC, CXX, PYTHON and with the folders of the plain build's
# libraries (NN_LIB) and objects (NN_OUT).
set -u
export CC="${CC:-cc}" CXX="${CXX:-c++}" PYTHON="${PYTHON:-python3}"
export NN_LIB="${NN_LIB:-lib}" NN_OUT="${NN_OUT:-build/cc}" PYTHONDONTWRITEBYTECODE=1

here=$(dirname "$0")
failing=
ran=0
for check in "$here"/check_*; do
    name=${check##*/check_}
    name=${name%.*}
    case " ${*:-$name} " in *" $name "*) ;; *) continue ;; esac
    ran=$((ran + 1))

    missing=
    needed=$(sed -n 's/^# Needs: //p' "$check")
    for tool in $needed; do
        tool=$(eval "set -- $tool; echo \$1") # $CC may carry arguments
        command -v "$tool" >/dev/null || missing="$missing $tool"
    done
    if [ -n "$missing" ]; then
        echo "lint: $name needs$missing: run \`make setup-dev\`" >&2
        failing="$failing $name"
        continue
    fi

    case $check in
    *.py) interpreter=$PYTHON ;;
    *) interpreter="sh" ;;
    esac
    if "$interpreter" "$check"; then
        echo "lint: ok   $name"
    else
        echo "lint: FAIL $name"
        failing="$failing $name"
    fi
done
if [ $ran = 0 ] || [ $ran -lt $# ]; then
    echo "lint: one of these checks does not exist: $*" >&2
    exit 1
fi
[ -z "$failing" ] || { echo "lint: failed:$failing" >&2; exit 1; }
