#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fails when a C++ file is not laid out as .clang-format says. Another version of clang-format than
# 14 breaks lines elsewhere, so without that version there is nothing to compare with.
set -eu
root=$1

format=
for candidate in clang-format-14 clang-format; do
  if "$candidate" --version 2>/dev/null | grep -q 'version 14\.'; then
    format=$candidate
    break
  fi
done
if [ -z "$format" ]; then
  echo "skipped: clang-format 14 is not installed"
  exit 0
fi
cd "$root"
for folder in protocol storage ipc agent service tests tools; do
  if [ -d "$folder" ]; then
    find "$folder" \( -name '*.h' -o -name '*.cpp' \) -print0
  fi
done | sort -z | xargs -0 -r -n 16 -P 2 "$format" --style=file --dry-run -Werror
