#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails when a folder includes something it may not depend on."""
import re

from lint_files import CPP, read, report, root_argument, walk, without_comments

MAY_INCLUDE = {
    "protocol": {"protocol"},
    "storage": {"storage", "protocol"},
    "ipc": {"ipc", "protocol"},
    "agent": {"agent", "ipc", "storage", "protocol"},
    "service": {"service", "agent", "ipc", "storage", "protocol"},
}
# Inside protocol/, a folder may include only itself and the folders before it.
LADDER = ["base", "wire", "crypto", "text", "crdt", "history", "log", "space", "step", "session", "discovery", "sync", "node"]
# Each library is confined, so that it can be replaced. A home is a prefix of a path.
LIBRARY_HOMES = {
    "boost/": ("agent/", "service/", "ipc/server", "ipc/client"),
    "rocksdb/": ("storage/",),
    "nlohmann/": ("ipc/", "service/"),
    "sodium": ("protocol/crypto/",),
    "qrcodegen/": ("service/",),
    "png.h": ("service/",),
    "CLI/": ("service/",),
    "toml++/": ("service/",),
    "spdlog/": ("agent/", "service/"),
    "fmt/": ("agent/", "service/"),
    "zstd": ("protocol/wire/compress", "storage/"),
    "systemd/": ("service/",),
    "avahi-": ("agent/discovery/",),
    "miniupnpc/": ("agent/paths/upnp_gateway",),
    "natpmp.h": ("agent/paths/natpmp_gateway",),
    "libtorrent/": ("agent/dht/mainline_session", "service/relay/dht_node"),
    "doctest/": (),
    "rapidcheck": (),
}
# What the core may take from outside: the standard library without these, and two headers.
IMPURE = {
    "atomic", "barrier", "condition_variable", "cstdio", "ctime", "execution", "filesystem",
    "fstream", "future", "iostream", "istream", "latch", "locale", "mutex", "ostream", "random",
    "ranges", "regex", "semaphore", "shared_mutex", "sstream", "stop_token", "streambuf",
    "syncstream", "thread", "format", "source_location", "csignal", "unordered_map",
    "unordered_set", "stdio.h", "cerrno",
}  # fmt: skip
CORE_EXCEPTIONS = {
    ("protocol/base/check.cpp", "cstdio"),
    # The arena that all secrets live in is shared by the threads that stretch passwords.
    ("protocol/crypto/arena.cpp", "atomic"),
    ("protocol/crypto/arena.cpp", "sys/mman.h"),
    ("protocol/crypto/arena.cpp", "sys/resource.h"),
    ("protocol/crypto/arena.cpp", "unistd.h"),
    ("protocol/crypto/arena.cpp", "cerrno"),
}


def core_allows(name, header):
    if (name, header) in CORE_EXCEPTIONS or header == "tl/expected.hpp":
        return True
    if header.startswith("sodium"):
        return name.startswith("protocol/crypto/")
    if header == "zstd.h":
        return name == "protocol/wire/compress.cpp"
    return re.fullmatch(r"[a-z_0-9]+", header) is not None and header not in IMPURE


def check_quoted(name, where, header, problems):
    folder = name.split("/")[0]
    target = header.split("/")[0]
    if "/" not in header:
        problems.append(f'{where}: include "{header}" by its path from the top')
    elif target not in MAY_INCLUDE[folder]:
        problems.append(f"{where}: {folder}/ may not include {target}/")
    elif folder == "protocol":
        rung, inner = name.split("/")[1], header.split("/")[1]
        for step in (rung, inner):
            if step not in LADDER:
                problems.append(f"{where}: protocol/{step} has no place on the ladder")
                return
        if LADDER.index(inner) > LADDER.index(rung):
            problems.append(f"{where}: protocol/{rung} may not include protocol/{inner}")


def check_angled(name, where, header, problems):
    if name.startswith("protocol/"):
        if not core_allows(name, header):
            problems.append(f"{where}: the core may not include <{header}>")
        return
    for library, homes in LIBRARY_HOMES.items():
        if header.startswith(library) and not name.startswith(homes):
            home = ", ".join(homes) if homes else "no folder of the program"
            problems.append(f"{where}: <{header}> is confined to {home}")


def main():
    root, problems = root_argument(), []
    for name, path in walk(root, CPP, tuple(MAY_INCLUDE)):
        for number, line in enumerate(without_comments(read(path)).splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
            if match:
                check = check_quoted if match[1] == '"' else check_angled
                check(name, f"{name}:{number}", match[2], problems)
    report(problems)


main()
