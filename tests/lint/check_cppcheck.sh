#!/bin/sh
# cppcheck finds nothing. What it is wrong about is suppressed where it stands, with
# `// cppcheck-suppress ID`; results of unchanged files are kept in build/cppcheck.
# Needs: cppcheck
set -u
mkdir -p build/cppcheck
cppcheck --quiet --std=c99 --language=c --enable=warning,performance,portability \
    --inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem \
    --template='{file}:{line}: {id}: {message}' --cppcheck-build-dir=build/cppcheck \
    -j "$(nproc)" -Iinclude -Isrc src
