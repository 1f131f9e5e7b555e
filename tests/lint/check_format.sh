#!/bin/sh
# The C sources are laid out as .clang-format says (`make format` does it).
# Needs: clang-format
set -u
find include src tests examples -name '*.[ch]' -exec clang-format --dry-run -Werror {} +
