#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Homes an agent cannot use: each is refused with the next step, and left exactly as it was.

After every refusal the undamaged home is put back and the agent serves it as before.
"""
import contextlib
import os
import shutil
import struct
import sys

import agents
import bad_input_tools as tools

SCHEMA_ROW = b"\x06schema\x04" + struct.pack(">I", 1)


def overwrite(name, content):
    return lambda home: (home / name).write_bytes(content)


def cut(name, size):
    return lambda home: os.truncate(home / name, size)


def flip(name, position):
    def act(home):
        content = bytearray((home / name).read_bytes())
        content[position] ^= 1
        (home / name).write_bytes(content)
    return act


def replace(name, make):
    """Something else in the place of a file."""
    def act(home):
        (home / name).unlink()
        make(home / name)
    return act


def each_anchor(change):
    def act(home):
        found = list(home.glob("anchor.?"))
        assert found, "the agent wrote an anchor when it ended"
        for path in found:
            change(path)
    return act


def from_the_future(path):
    content = bytearray(path.read_bytes())
    content[4] = 9
    path.write_bytes(content)


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def patch_log(path, old, new):
    """Replaces `old` in the records of a write-ahead log, and makes their checksums right again."""
    content, at, found = bytearray(path.read_bytes()), 0, 0
    while at + 7 <= len(content):
        size = int.from_bytes(content[at + 4:at + 6], "little")
        begin, end = at + 7, at + 7 + size
        if old in content[begin:end]:
            content[begin:end] = content[begin:end].replace(old, new)
            crc = crc32c(content[at + 6:end])
            masked = ((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff
            content[at:at + 4] = masked.to_bytes(4, "little")
            found += 1
        at = end
    path.write_bytes(content)
    return found


def damages():
    """What is done to the home; what the refusal has to name; the exit code."""
    store = "--salvage"
    return {
        "an identity of noise": (overwrite("device.key", os.urandom(145)), "restore it from a backup", 8),
        "an empty identity": (overwrite("device.key", b""), "restore it from a backup", 8),
        "half an identity": (cut("device.key", 70), "restore it from a backup", 8),
        "an identity with one wrong bit": (flip("device.key", 70), "restore it from a backup", 8),
        "an identity without end": (overwrite("device.key", bytes(1 << 20)), "restore it from a backup", 8),
        "an identity others can read": (lambda home: (home / "device.key").chmod(0o644), "chmod go=", 1),
        "a link for an identity": (replace("device.key", lambda path: path.symlink_to("/dev/null")), "symbolic links", 1),
        "a pipe for an identity": (replace("device.key", lambda path: os.mkfifo(path, 0o600)), "remove it", 1),
        "a directory for an identity": (replace("device.key", lambda path: path.mkdir(0o700)), "remove it", 1),
        "an anchor of a newer version": (each_anchor(from_the_future), "update", 1),
        "no store": (lambda home: shutil.rmtree(home / "store"), "restore it from a backup", 8),
        "an empty store": (lambda home: [path.unlink() for path in (home / "store").iterdir()], "restore it", 8),
        "no list of files": (lambda home: (home / "store" / "CURRENT").unlink(), store, 8),
        "a list of files that is noise": (
            lambda home: [path.write_bytes(os.urandom(500)) for path in (home / "store").glob("MANIFEST*")], store, 8),
        "a home others can read": (lambda home: home.chmod(0o755), "chmod go=", 1),
        "a home that cannot be written": (lambda home: home.chmod(0o500), "chmod u+rwx", 1),
    }


class Device:
    """An agent that ended in order, and a copy of its home."""

    def __init__(self, agent):
        self.agent = agent
        self.saved = agent.home.parent / "saved"
        agent.start().init()
        self.entity = agent.call("entity.create", {"type": "t", "value": {"text": "kept"}})["entity"]
        agent.stop()
        shutil.copytree(agent.home, self.saved)

    def put_back(self):
        self.agent.home.chmod(0o700)
        shutil.rmtree(self.agent.home)
        shutil.copytree(self.saved, self.agent.home)

    def check_serves(self):
        self.agent.start().unlock()
        status = self.agent.call("system.status")
        assert not status["rolled_back"] and not status["degraded"], status
        assert self.agent.call("entity.get", {"entity": self.entity})["value"] == {"text": "kept"}
        self.agent.stop()


def check_damages(device):
    for name, (damage, next_step, code) in damages().items():
        damage(device.agent.home)
        before = tools.snapshot(device.agent.home)
        with tools.named(name):
            # Twice: the first refusal must not change what the second finds.
            tools.start_refused(device.agent, next_step, code=code)
            tools.start_refused(device.agent, next_step, code=code)
            assert tools.snapshot(device.agent.home) == before, "something was changed"
        device.put_back()
    device.check_serves()


def check_newer_schema(agent):
    agent.start()
    agent.kill()
    patched = sum(patch_log(path, SCHEMA_ROW, SCHEMA_ROW[:-1] + b"\x07") for path in (agent.home / "store").glob("*.log"))
    assert patched == 1, "the schema's version is in the log of a new store"
    for _ in range(2):
        tools.start_refused(agent, "schema 7", "knows 1", "install the newer version")


def check_missing_identity(device):
    (device.agent.home / "device.key").unlink()
    tools.start_refused(device.agent, "restore that file or the whole directory", code=5)
    shutil.copy2(device.saved / "device.key", device.agent.home)
    device.check_serves()


def check_useless_port(device):
    """Only a wish: an agent that cannot read it takes any port."""
    (device.agent.home / "port").write_bytes(os.urandom(300))
    device.check_serves()


def as_nobody(user, agent, saved):
    """A home of another user, whose permissions count, as root's do not."""
    home = agent.home
    shutil.copytree(saved, home)
    for path in [home.parent, home, *home.rglob("*")]:
        os.chown(path, user.pw_uid, user.pw_gid)
    home.parent.parent.chmod(0o711)
    for path, next_step in ((home, "chmod u+rwx"), (home / "store", "chmod u+rwx")):
        path.chmod(0o500)
        before = tools.snapshot(home)
        tools.start_refused(agent, next_step, user=user)
        assert tools.snapshot(home) == before, "something was changed"
        path.chmod(0o700)
    # Somebody else's home, even for root.
    tools.start_refused(agent, "run as its owner", code=1)


def main():
    with agents.place() as agent:
        device = Device(agent("one"))
        check_damages(device)
        check_missing_identity(device)
        check_useless_port(device)
        check_newer_schema(agent("future"))
        user = tools.nobody()
        if user is not None:
            with contextlib.suppress(PermissionError):  # programs that only root may execute
                as_nobody(user, agent("theirs"), device.saved)
        print(f"{len(damages())} damaged homes refused and left alone")


if __name__ == "__main__":
    sys.exit(main())
