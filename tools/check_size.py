#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on a file above 600 lines or a function above 70.

tools/size_exceptions.txt, if there is one, names what may be longer: "path: reason" or
"path:function: reason", one a line. An exception that is no longer needed is an error too.
"""
import ast
import re

from lint_files import CPP, read, report, root_argument, walk, without_comments

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
SCOPE = re.compile(r"^(inline\s+)?(namespace|class|struct|union|enum)\b|^extern\s*$")


def strip_template(head):
    """`head` without a leading template<...>, whose own text may say class or hold parentheses."""
    while match := re.match(r"\s*(?:\[\[.*?\]\]\s*)?template\s*<", head):
        depth, at = 1, match.end()
        while at < len(head) and depth:
            depth += {"<": 1, ">": -1}.get(head[at], 0)
            at += 1
        head = head[at:]
    return head.strip()


def kind_of(head):
    head = strip_template(head)
    if SCOPE.match(head) and not re.search(r"\)\s*(const|noexcept|override|final)?\s*$", head):
        return "scope"
    plain = re.sub(r"operator\s*(?:[<>=!]=|<=>|=|\(\))|[<>=!]=", "", head)
    initialiser = re.search(r"(?<!\[)=(?![^\[]*\])", re.sub(r"\([^()]*\)", "", plain))
    if "(" in plain and (not initialiser or re.search(r"\]\s*(\(|$|mutable)", plain)):
        return "function"
    return "other"


def is_open(head):
    """True inside the parentheses of a head: what follows belongs to its arguments."""
    return head.count("(") > head.count(")")


def name_of(head):
    head = strip_template(head)
    if title := re.match(r"TEST_CASE\w*", head):
        return title[0]
    match = re.search(r"([\w~:]+|operator\S+)\s*\(", head)
    return match[1] if match else "?"


def functions(text):
    """Name, first line and number of lines of each outermost function of C++ `text`."""
    text = without_comments(text, keep_strings=False)
    text = re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.M)
    stack, head_start, open_function = [], 0, None
    for match in re.finditer(r"[{};]", text):
        at, token = match.start(), match[0]
        inside = "function" in stack or "other" in stack
        if token == "{":
            head = text[head_start:at]
            kind = "other" if inside or is_open(head) else kind_of(head)
            if kind == "function" and open_function is None:
                first = head_start + len(head) - len(head.lstrip())
                open_function = (name_of(head), text.count("\n", 0, first) + 1)
            stack.append(kind)
        elif token == "}" and stack:
            kind = stack.pop()
            if kind == "function":
                # A brace that closes a member's initialiser is not the end of its constructor.
                if re.match(r"\s*[,{]", text[at + 1 :]):
                    continue
                name, first_line = open_function
                yield name, first_line, text.count("\n", 0, at) + 2 - first_line
                open_function = None
        if not ("function" in stack or "other" in stack) and not is_open(text[head_start:at]):
            head_start = at + 1


def python_functions(text):
    for item in ast.walk(ast.parse(text)):
        if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield item.name, item.lineno, item.end_lineno - item.lineno + 1


def exceptions(root, problems):
    allowed, listing = {}, root / "tools/size_exceptions.txt"
    if listing.exists():
        for number, line in enumerate(read(listing).splitlines(), 1):
            if not line or line.startswith("#"):
                continue
            what, separator, reason = line.partition(": ")
            if not separator or not reason.strip():
                problems.append(f"tools/size_exceptions.txt:{number}: an exception needs a reason")
            allowed[what] = f"tools/size_exceptions.txt:{number}"
    return allowed


def main():
    root, problems, used = root_argument(), [], set()
    allowed = exceptions(root, problems)

    def found(key, message):
        used.add(key)
        if key not in allowed:
            problems.append(message)

    for name, path in walk(root, CPP + (".py", ".sh", ".cmake", "")):
        text = read(path)
        lines = text.count("\n")
        if lines > FILE_LINES_MAX:
            found(name, f"{name}: {lines} lines, at most {FILE_LINES_MAX}: split it by what it decides")
        python = path.suffix == ".py" or text.startswith("#!/usr/bin/env python3")
        if path.suffix not in CPP and not python:
            continue
        for function, line, length in (python_functions if python else functions)(text):
            if length > FUNCTION_LINES_MAX:
                found(
                    f"{name}:{function}",
                    f"{name}:{line}: {function} has {length} lines, at most {FUNCTION_LINES_MAX}",
                )
    problems += [f"{where}: no longer needed" for what, where in allowed.items() if what not in used]
    report(problems)


main()
