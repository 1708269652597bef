#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A full disk and a read-only one: writes are refused clearly, reads go on, nothing acknowledged is lost.

The home is on a small disk of its own, mounted for this test's processes alone; where that
is not permitted the test says so and is skipped.
"""
import contextlib
import json
import os
import pathlib
import subprocess
import sys

import agents
import bad_input_tools as tools

INSIDE = "SYNCLINE_PRIVATE_MOUNTS"
MIB = 1 << 20
DISK_MIB = 96
# What is left free for the agent when it begins to write: it fails in the log, or in a sorted file.
ROOMS_MIB = (3, 7, 13)


def enter_private_mounts():
    """Starts this test again where it may mount; False if it may not."""
    as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *as_root, "--mount", "--"]
    try:
        allowed = subprocess.run([*command, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True).returncode == 0
    except FileNotFoundError:
        allowed = False
    if allowed:
        sys.stdout.flush()
        os.execvpe(command[0], [*command, sys.executable, os.path.abspath(__file__)], dict(os.environ, **{INSIDE: "1"}))
    return allowed


@contextlib.contextmanager
def small_disk(where):
    where.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=0700", "tmpfs", str(where)], check=True)
    try:
        yield where
    finally:
        subprocess.run(["umount", "--lazy", str(where)], check=True)


def free_bytes(disk):
    about = os.statvfs(disk)
    return about.f_bavail * about.f_frsize


def leave_free(disk, size):
    """Fills the disk up to so many bytes; without ballast before."""
    with open(disk / "ballast", "wb") as ballast:
        while (left := free_bytes(disk) - size) > 0:
            ballast.write(bytes(min(left, MIB)))
            ballast.flush()


class Writer:
    """Writes until it is refused, and knows which value of each field was acknowledged last."""

    def __init__(self, agent, entity):
        self.agent, self.entity = agent, entity
        self.count = 0
        self.acknowledged = {}

    def update(self):
        """One more write, of 3 to 16 KB."""
        self.count += 1
        key, value = f"k{self.count % 40}", f"{self.count} " + "v" * (3000 + 1300 * (self.count % 11))
        return key, value, {"entity": self.entity, "ops": [{"op": "set", "path": "/" + key, "value": value}]}

    def until_refused(self):
        """The first error; of the calls that were under way the answers count as well."""
        refusal, under_way = None, {}
        with contextlib.closing(self.agent.rpc()) as rpc:
            while refusal is None or under_way:
                while refusal is None and len(under_way) < 8:
                    key, value, params = self.update()
                    under_way[rpc.send("entity.update", params)] = key, value
                answer = json.loads(rpc.read_line())
                key, value = under_way.pop(answer["id"])
                if "error" in answer:
                    refusal = refusal or answer["error"]
                else:
                    self.acknowledged[key] = value
        return refusal

    def check_present(self):
        """Every acknowledged write is there, or a later one that failed only as it was answered."""
        value = self.agent.call("entity.get", {"entity": self.entity})["value"]
        for key, wanted in self.acknowledged.items():
            number = int(value[key].split()[0])
            assert number >= int(wanted.split()[0]), f"{key} is {value[key][:20]}, acknowledged {wanted[:20]}"


def check_refuses(agent, writer):
    """Reads and the status go on; a write gets an error with a next step and changes nothing."""
    writer.check_present()
    status = agent.call("system.status")
    assert status["degraded"] and not status["rolled_back"], status
    assert any("free some space" in sentence for sentence in status["attention"]), status["attention"]
    assert "free some space" in agent.cli("status").stdout
    before = agent.call("entity.get", {"entity": writer.entity})
    refused = agent.cli("put", writer.entity, "/title=no room", check=False)
    assert refused.returncode == 8 and "space" in refused.stderr, refused
    assert agent.call("entity.get", {"entity": writer.entity}) == before


def check_heals(agent, writer, disk):
    (disk / "ballast").unlink()
    agents.wait_for(lambda: not agent.call("system.status")["degraded"], 60, "the store to be reopened")
    writer.check_present()
    _, _, params = writer.update()
    agent.call("entity.update", params)


def fill_and_heal(agent, writer, disk, room):
    leave_free(disk, room * MIB)
    refusal = writer.until_refused()
    assert refusal["data"]["kind"] in ("disk_full", "degraded"), refusal
    assert refusal["data"]["next"] and "space" in json.dumps(refusal), refusal
    check_refuses(agent, writer)
    check_heals(agent, writer, disk)


def killed_while_full(agent, writer, disk):
    """The next start finds a full disk: it serves what there is, and heals as if it had not been killed."""
    leave_free(disk, 5 * MIB)
    writer.until_refused()
    agent.kill()
    agent.start().unlock()
    check_refuses(agent, writer)
    check_heals(agent, writer, disk)
    agent.kill()
    agent.start().unlock()
    writer.check_present()
    status = agent.call("system.status")
    assert not status["degraded"] and not status["rolled_back"], status


def read_only(agent, writer, disk):
    agent.stop()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    before = tools.snapshot(agent.home)
    tools.start_refused(agent, "make it writable or use another place", code=1)
    assert tools.snapshot(agent.home) == before
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    agent.start().unlock()
    writer.check_present()
    agent.stop()


def main():
    if INSIDE not in os.environ:
        assert not enter_private_mounts()
        print("skipped: mounting a small disk is not permitted here")
        return
    with agents.place() as agent:
        one = agent("one")
        with small_disk(one.home.parent / "disk") as disk:
            one.home = pathlib.Path(disk) / "home"
            one.start().init()
            writer = Writer(one, one.call("entity.create", {"type": "t", "value": {}})["entity"])
            for room in ROOMS_MIB:
                fill_and_heal(one, writer, disk, room)
            killed_while_full(one, writer, disk)
            read_only(one, writer, disk)
        print(f"{len(ROOMS_MIB) + 1} times full, {writer.count} writes, none that was acknowledged is lost")


if __name__ == "__main__":
    sys.exit(main())
