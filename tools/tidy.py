#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on what must not appear in this tree, and says what to write instead."""
import re

from lint_files import CODE_FOLDERS, CPP, read, report, root_argument, walk, without_comments

TEXTS = CPP + (".py", ".sh", ".cmake", ".md", ".txt", "")
THIS = ("tools/tidy.py", "tests/lint/lint_test.py")  # they hold the banned words themselves

CORE = ("protocol/",)
PROGRAM = ("protocol/", "storage/", "ipc/", "agent/", "service/")
EVERYWHERE = PROGRAM + ("tests/", "tools/")

# What, where, where not, what instead. Searched in code, without comments and literals.
CODE_BANS = [
    (r"\bunordered_(?:multi)?(?:map|set)\b", CORE, (), "std::map or a sorted vector: the order must be the same on every device"),
    (r"\bs?rand\s*\(", EVERYWHERE, (), "syncline::Random"),
    (r"\bstd::(?:mt19937\w*|random_device|uniform_\w+_distribution)", PROGRAM, (), "syncline::Random"),
    (r"\bstd::w?regex\b", EVERYWHERE, (), "a small parser over string_view: it overflows the stack on long input"),
    (r"\bstd::endl\b", EVERYWHERE, (), "'\\n': it does not flush"),
    (r"\busing\s+namespace\s+std\s*;", EVERYWHERE, (), "the names you need, with std::"),
    (r"\bmemcmp\s*\(", EVERYWHERE, (), "syncline::equal, or crypto::equal_secret for secrets"),
    (r"(?<!static_)\bassert\s*\(", EVERYWHERE, (), "SYNCLINE_CHECK, which stays on in every build"),
    (r"\bstd::format\b|\bstd::source_location\b|\bstd::views::", EVERYWHERE, (), "something both GCC 12 and Clang 14 have"),
    # What a program was shown is that of its connection and of everybody, until one of them goes on.
    (r"\bstd::shared_ptr<(?!const\b)[^>]*>?", CORE, ("protocol/node/shown_texts.h",), "a value, a reference, std::unique_ptr or a shared const"),
    (r"\bdelete\s+\w", EVERYWHERE, ("protocol/crypto/arena.cpp",), "std::unique_ptr"),
    (r"\bsystem\s*\(|\bpopen\s*\(", PROGRAM, (), "posix_spawn or execvp without a shell"),
    (r"\b(?:strcpy|strcat|sprintf|gets|strtok|atoi|atol|atof)\s*\(", EVERYWHERE, (), "std::string, std::from_chars"),
    (r"\b(?:class|struct|enum|union|concept)\s+(?:class\s+)?(?:\w*[a-z0-9])?(?:Manager|Handler|Helper|Utils?|Impl|Data|Info)(?![a-z])\w*",
     EVERYWHERE, (), "a name that says what it does"),
]  # fmt: skip

# Searched in everything, comments, literals and documents too.
TEXT_BANS = [
    (r"\b(?:TODO|FIXME|XXX|HACK)\b", "finish it, or leave it out"),
    (r"(?i)\bstubs?\b|\bnot implemented\b|\bunimplemented\b", "finish it, or leave it out"),
    (r"(?i)(?<![a-z])(?<!to-)peers?(?![a-z])(?!-to-)", "device (glossary)"),
    (r"[ \t]+$", "no blanks at the end of a line"),
    (r"\r", "Unix line ends"),
]
# The operating system's own words for its own things.
PEER_OF_THE_SYSTEM = re.compile(r"(?i)SO_PEERCRED|getpeername|getpeereid|peer credentials|peer uid|Pack::peer_fingerprint")

TEST_NAME = re.compile(r'\bTEST_CASE\s*\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)')


def ban_paths_of_this_machine(root):
    """The tree's own absolute path, and that of the folder around it where that is nobody else's."""
    shared = {"/", "/home", "/mnt", "/opt", "/root", "/srv", "/tmp", "/usr", "/var/tmp"}
    place = root if str(root.parent) in shared else root.parent
    TEXT_BANS.append((rf"(?<![\w.]){re.escape(str(place))}/", "a path relative to the source tree or an environment variable"))


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def check_bans(name, text, problems):
    if name.endswith(CPP):
        code = without_comments(text, keep_strings=False)
        for pattern, where, where_not, instead in CODE_BANS:
            if not name.startswith(where) or name.startswith(where_not or ("-",)):
                continue
            for match in re.finditer(pattern, code):
                problems.append(f"{name}:{line_of(text, match.start())}: {match[0].strip()}: use {instead}")
        check_casts(name, text, code, problems)
    text = PEER_OF_THE_SYSTEM.sub("-", text)
    # Other libraries that do the same work are what that folder is about.
    if name.startswith("tools/bench/peers/"):
        text = re.sub(r"(?i)peers?", "-", text)
    text = text.replace("tools/bench/peers", "-")
    for pattern, instead in TEXT_BANS:
        for match in re.finditer(pattern, text, re.M):
            where = f"{name}:{line_of(text, match.start())}"
            problems.append(f"{where}: {match[0].strip() or 'blank'}: use {instead}")


def check_casts(name, text, code, problems):
    """Casts belong where memory meets the operating system or libsodium, and nowhere else."""
    if name.startswith(("protocol/base/bytes.cpp", "protocol/crypto/")):
        return
    for match in re.finditer(r"\breinterpret_cast\b[^;]*;", code):
        at_the_system = re.search(r"sockaddr|in6?_addr|cmsg|ucred|rlim", match[0])
        if name.startswith("protocol/") or not at_the_system:
            where = line_of(text, match.start())
            problems.append(f"{name}:{where}: reinterpret_cast: use as_bytes, to_text (protocol/base/bytes.h)")


def check_head(name, text, problems):
    lines = text.split("\n")
    first = lines[1:2] if lines[0].startswith("#!") else lines[0:1]
    if name.endswith(CPP + (".py", ".sh", ".cmake", "CMakeLists.txt")) or lines[0].startswith("#!"):
        if not first or "SPDX-License-Identifier: Apache-2.0" not in first[0]:
            problems.append(f"{name}:1: starts with the licence line")
    if text and not text.endswith("\n"):
        problems.append(f"{name}:{len(lines)}: ends without a line break")
    if name.endswith(".h"):
        head = text.split("#pragma once")[0]
        if "#pragma once" not in text:
            problems.append(f"{name}: no #pragma once")
        purpose = [line for line in head.split("\n")[1:] if line.startswith("// ")]
        if not purpose:
            problems.append(f"{name}:2: says what it is for, before #pragma once")


def check_test_names(name, text, seen, problems):
    for match in TEST_NAME.finditer(text):
        title = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', match[1]))
        where = f"{name}:{line_of(text, match.start())}"
        if re.search(r'[;\[\]\\]', title):
            problems.append(f'{where}: a test\'s name cannot hold ; [ ] or \\: ctest selects by it')
        folder = name.rsplit("/", 1)[0]
        if (folder, title) in seen:
            problems.append(f"{where}: the same name as {seen[folder, title]}")
        seen[folder, title] = where


def check_built(root, sources, includes, problems):
    """Every source file is in a CMake list, every header is included by somebody."""
    lists = ""
    for _, path in walk(root, (".cmake", ".txt")):
        if path.name == "CMakeLists.txt" or path.suffix == ".cmake":
            lists += read(path)
    for name in sources:
        base = name.rsplit("/", 1)[-1]
        if name.endswith(".cpp") and not re.search(rf"(?<![\w]){re.escape(base)}\b", lists):
            problems.append(f"{name}: in no CMake list, so nothing builds it")
        if name.endswith(".h") and name not in includes:
            problems.append(f"{name}: nothing includes it")


def main():
    root, problems, seen, sources, includes = root_argument(), [], {}, [], set()
    ban_paths_of_this_machine(root)
    for name, path in walk(root, TEXTS):
        text = read(path)
        if name not in THIS:
            check_bans(name, text, problems)
        check_head(name, text, problems)
        if name.endswith(CPP):
            sources.append(name)
            includes |= set(re.findall(r'^\s*#\s*include\s*"([^"]+)"', text, re.M))
            if name.startswith("tests/"):
                check_test_names(name, text, seen, problems)
    for path in sorted(root.glob("*.md")) + [root / "CMakeLists.txt"]:
        if path.exists():
            check_bans(path.name, read(path), problems)
    check_built(root, sources, includes, problems)
    report(problems)


assert set(EVERYWHERE) == {folder + "/" for folder in CODE_FOLDERS}
main()
