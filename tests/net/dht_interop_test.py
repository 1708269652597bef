#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A record that the agent's code publishes is read by another implementation of the DHT, and the reverse."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

PACKAGE = "bittorrent-dht@11.0.12"
HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = pathlib.Path(os.environ["SYNCLINE_BIN"]).parent / "tests"


def installed(where):
    """Nothing, or why the other implementation is not here."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    done = subprocess.run(
        ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=optional", "--prefix", where, PACKAGE],
        capture_output=True, text=True, timeout=120)
    return None if done.returncode == 0 else f"npm cannot install {PACKAGE}: {done.stderr.strip()[-300:]}"


class Network:
    """A DHT of twelve nodes on loopback."""

    def __init__(self):
        self.process = subprocess.Popen([PROGRAMS / "dht_swarm", "127.0.0.1", "12"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.nodes = self.process.stdout.readline().split()[1:]

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


def ours(*words):
    done = subprocess.run([PROGRAMS / "dht_item", *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout.split()


def theirs(where, *words):
    done = subprocess.run(["node", HERE / "dht_interop.mjs", *words], cwd=where, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{words[:2]}: {done.stderr}"
    return done.stdout.split()


def story(where):
    network = Network()
    try:
        key, seq, value, copies = ours("put", network.nodes[0])
        assert int(copies) > 0
        assert theirs(where, network.nodes[1], "get", key) == [seq, value], "they read what we put"
    finally:
        network.close()
    network = Network()
    try:
        _, seed, seq, value = ours("seal")
        assert theirs(where, network.nodes[2], "put", seed, seq, value) == ["stored"]
        places = ours("get", network.nodes[3])
        assert places == ["192.0.2.7:4711", "[2001:db8::7]:4711", "relay.example:4460", "signed"], places
    finally:
        network.close()


def main():
    where = tempfile.mkdtemp(prefix="syncline-npm.")
    try:
        missing = installed(where)
        if missing:
            print(f"skipped: {missing}")
            return 77
        story(where)
    finally:
        shutil.rmtree(where, ignore_errors=True)
    print("ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
