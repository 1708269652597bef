# SPDX-License-Identifier: Apache-2.0
"""Which files the lint scripts look at, and how they report."""
import pathlib
import re
import sys

CODE_FOLDERS = ("protocol", "storage", "ipc", "agent", "service", "tests", "tools")
CPP = (".h", ".cpp")
SKIPPED = {"build", "__pycache__", "corpus", "vectors", "node_modules"}


def walk(root, suffixes, folders=CODE_FOLDERS):
    """Relative path (text) and absolute path of every such file below `folders`, in order."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            parts = path.relative_to(root).parts
            if any(part in SKIPPED or part.startswith(".") for part in parts):
                continue
            if path.suffix in suffixes and path.is_file():
                yield "/".join(parts), path


def read(path):
    return path.read_text(encoding="utf-8", errors="replace")


# A literal's or comment's own text is blanked, its line breaks stay: positions remain true.
_TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/"
    r'|\bR"(?P<tag>[^()\\\s]*)\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.S,
)


def without_comments(text, keep_strings=True):
    def blank(match):
        token = match[0]
        if keep_strings and not token.startswith(("//", "/*")):
            return token
        return re.sub(r"[^\n]", " ", token)

    return _TOKEN.sub(blank, text)


def root_argument():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} SOURCE_DIR")
    return pathlib.Path(sys.argv[1]).resolve()


def report(problems):
    for problem in problems:
        print(problem)
    if problems:
        print(f"{len(problems)} problem(s)")
    sys.exit(1 if problems else 0)
