#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps SPEC.md, the code and the tests in step.

A paragraph, list item or table row of protocol/SPEC.md with the word MUST carries a rule's id in
bold (**W7**). Fails when one has none, when an id is defined twice, when the code cites an id
that does not exist, or when no TEST_CASE names an id. `MUST` in backticks only mentions the word.
"""
import re

from lint_files import CPP, read, report, root_argument, walk

ID = r"[A-Z]{1,2}\d+"
CITED = re.compile(rf"\bSpec ({ID}(?:(?:, | and | to |-){ID})*)")
TEST_NAME = re.compile(r'\bTEST_CASE(?:_\w+)?\s*\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)')


def blocks(text):
    """First line number and text of each paragraph, list item and table row."""
    start, lines = 0, []
    for number, line in enumerate(text.splitlines() + [""], 1):
        opens = re.match(rf"\s*(?:[-*|]\s|\|)|\s*\d+\. |\*\*{ID}\*\*|#", line)
        if lines and (opens or not line.strip()):
            yield start, " ".join(lines)
            lines = []
        if line.strip():
            if not lines:
                start = number
            lines.append(line.strip())


def rules_of(text, name, problems):
    defined = {}
    text = re.sub(r"```.*?```", lambda m: "\n" * m[0].count("\n"), text, flags=re.S)
    for number, block in blocks(text):
        ids = re.findall(rf"\*\*({ID})\*\*", block)
        if re.search(r"\bMUST\b", re.sub(r"`[^`]*`", "", block)) and not ids:
            problems.append(f"{name}:{number}: MUST without an id")
        for rule in ids:
            if rule in defined:
                problems.append(f"{name}:{number}: {rule} is already defined")
            defined[rule] = f"{name}:{number}"
    return defined


def main():
    root, problems, tested = root_argument(), [], set()
    spec = root / "protocol/SPEC.md"
    if not spec.exists():
        report(["protocol/SPEC.md is missing"])
    defined = rules_of(read(spec), "protocol/SPEC.md", problems)
    for name, path in walk(root, CPP):
        text = read(path)
        for number, line in enumerate(text.splitlines(), 1):
            for cited in CITED.findall(line):
                for rule in re.findall(ID, cited):
                    if rule not in defined:
                        problems.append(f"{name}:{number}: SPEC.md has no rule {rule}")
        if name.startswith("tests/"):
            for title in TEST_NAME.findall(text):
                tested |= set(re.findall(rf"\b({ID})\b", title))
    problems += [f"{where}: {rule} has no test" for rule, where in defined.items() if rule not in tested]
    report(problems)


main()
