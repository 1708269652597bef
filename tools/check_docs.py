#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails when a document names a file or folder of this tree that does not exist.

A path is what stands in backticks, holds a slash and starts with one of our folders.
"""
import re

from lint_files import CODE_FOLDERS, read, report, root_argument, walk

FOLDERS = CODE_FOLDERS + (".ci", ".githooks")


def main():
    root, problems = root_argument(), []
    documents = [(path.name, path) for path in sorted(root.glob("*.md"))]
    documents += list(walk(root, (".md",)))
    for name, path in documents:
        for number, line in enumerate(read(path).splitlines(), 1):
            for quoted in re.findall(r"`([^`\s]+)`", line):
                target = re.sub(r"^\./", "", quoted).split(":")[0].rstrip(".,")
                if "/" not in target or target.split("/")[0] not in FOLDERS:
                    continue
                if re.search(r"[<>{}$|]", target) or (root / target).exists():
                    continue
                if not list(root.glob(target if "*" in target else target + ".*")):
                    problems.append(f"{name}:{number}: {quoted} does not exist")
    report(problems)


main()
