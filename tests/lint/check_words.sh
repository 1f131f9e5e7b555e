#!/bin/sh
# Nothing is left for later in words: it is done, or it is an issue.
set -u
word='TO''DO|FIX''ME|XX''X'
places=
for place in include src tests examples python docs Makefile README.md .ci; do
    [ ! -e "$place" ] || places="$places $place"
done
# shellcheck disable=SC2086 # one word for each place
! grep -rnIwE --exclude-dir=data --exclude-dir=__pycache__ "$word" $places
