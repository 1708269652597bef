#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""1,000 strangers on the sync port get not one byte, cost little, and keep no device of the vault out.

They come from 125 loopback addresses, the devices' own among them, and behave in every
way that is not a device's. Whoever is turned away comes again until the end.
"""
import contextlib
import os
import random
import selectors
import socket
import sys
import threading

import agents

STRANGERS = 1000
SOURCES = 125
MEMORY_MB_MAX = 64
SEED = int(os.environ.get("SYNCLINE_SEED", random.SystemRandom().randrange(1 << 32)))


def port_of(agent):
    host, port = agent.address.rsplit(":", 1)
    return host, int(port)


def record_call(caller):
    """The preface and first message with which `caller` calls whoever is at an address."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(30)
        with contextlib.closing(caller.rpc()) as rpc:
            rpc.send("sync.connect", {"address": "127.0.0.1:%d" % door.getsockname()[1]})
            connection, _ = door.accept()
            with connection:
                connection.settimeout(30)
                call = b""
                while len(call) < 58:
                    part = connection.recv(4096)
                    assert part, "the caller hung up before it said anything"
                    call += part
    assert len(call) == 58, f"a call is a preface and message 1, not {len(call)} bytes"
    return call


def check_is_answered(door, call):
    """The recorded call is a right one: the same once more gets an answer, and with it nothing."""
    with socket.create_connection(door, timeout=30) as connection:
        connection.sendall(call)
        assert connection.recv(4096), "a device's own call is answered"


class Behaviours:
    """What strangers say: (bytes said at once, bytes said one at a time)."""

    def __init__(self, chance, foreign, own):
        self.chance, self.foreign, self.own = chance, foreign, own

    def flipped(self):
        call = bytearray(self.own)
        # Not in the ephemeral key's highest bit, which X25519 ignores; the hint covers it all the same.
        call[self.chance.randrange(2, len(call))] ^= 1 << self.chance.randrange(7)
        return bytes(call)

    def pick(self, number):
        noise = self.chance.randbytes(self.chance.randrange(1, 5000))
        prefaces = [b"\x01\x01", b"\x01\x02", b"\x01\x03"]
        return [
            (b"", b""),                                                     # silent
            (noise, b""),                                                   # anything
            (prefaces[number % 3] + noise, b""),                            # anything behind a right beginning
            (self.foreign, b""),                                            # a device of another vault
            (self.flipped(), b""),                                          # a call that was changed on its way
            (self.own[:self.chance.randrange(1, 58)], b""),                 # half a call, then silence
            (b"", self.foreign),                                            # slowly
            (b"GET / HTTP/1.1\r\n\r\n", b""),                               # somebody else's protocol
        ][number % 8]


class Flood(threading.Thread):
    """Keeps all strangers at the door until stop()."""

    def __init__(self, agent, behaviours):
        super().__init__(daemon=True)
        self.agent, self.door, self.behaviours = agent, port_of(agent), behaviours
        self.selector = selectors.DefaultSelector()
        self.slow = {}
        self.came = 0
        self.answered = []
        self.memory_mb = 0
        self.failure = None
        self.over = threading.Event()

    def come(self):
        stranger = socket.socket()
        stranger.setblocking(False)
        # 127.0.0.1 is the address of the real devices.
        stranger.bind((f"127.0.0.{1 + self.came % SOURCES}", 0))
        stranger.connect_ex(self.door)
        self.selector.register(stranger, selectors.EVENT_WRITE, self.came)
        self.came += 1

    def speak(self, stranger, number):
        at_once, slowly = self.behaviours.pick(number)
        try:
            stranger.send(at_once)
        except OSError:
            return self.leave(stranger)
        if slowly:
            self.slow[stranger] = slowly
        self.selector.modify(stranger, selectors.EVENT_READ, number)

    def listen(self, stranger, number):
        try:
            heard = stranger.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            heard = b""
        if heard:
            self.answered.append((number, heard))
        self.leave(stranger)

    def leave(self, stranger):
        self.slow.pop(stranger, None)
        self.selector.unregister(stranger)
        stranger.close()

    def speak_slowly(self):
        for stranger, left in list(self.slow.items()):
            try:
                stranger.send(left[:1])
            except OSError:
                continue
            if len(left) > 1:
                self.slow[stranger] = left[1:]
            else:
                del self.slow[stranger]

    def run(self):
        try:
            while not self.over.is_set():
                # A few at a time: this is about the agent's limits, not about the kernel's.
                for _ in range(min(25, STRANGERS - len(self.selector.get_map()))):
                    self.come()
                for key, events in self.selector.select(0.005):
                    (self.speak if events & selectors.EVENT_WRITE else self.listen)(key.fileobj, key.data)
                self.speak_slowly()
                self.memory_mb = max(self.memory_mb, self.agent.rss_mb())
        except Exception as failure:  # told by check()
            self.failure = failure
        for key in list(self.selector.get_map().values()):
            self.leave(key.fileobj)

    def check(self):
        if self.failure:
            raise self.failure
        assert not self.answered, f"strangers were answered: {self.answered[:3]}"

    def stop(self):
        self.over.set()
        self.join()
        self.check()


def descriptors(agent):
    """How many files the agent has open; nothing if only root may look at it."""
    try:
        return len(os.listdir(f"/proc/{agent.process.pid}/fd"))
    except PermissionError:
        return None


def is_linked_by_call(agent):
    """The agent was called by the other device, and the two are linked."""
    links = [link for device in agent.call("system.status")["devices"] for link in device["links"]]
    return any(link["state"] == "live" and not link["dialled"] for link in links)


def forget_port(agent):
    """At its next start nobody can call this device: it has to call the others."""
    (agent.home / "port").unlink()


def main():
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    with agents.place() as agent:
        a, b, other = agent("a").start(), agent("b").start(), agent("other").start()
        a.init()
        other.init()
        entity = a.call("entity.create", {"type": "t", "value": {"n": 0}})["entity"]
        agents.pair(a, b)
        agents.wait_level(a, b)
        behaviours = Behaviours(chance, record_call(other), record_call(b))
        check_is_answered(port_of(a), behaviours.own)
        memory, files = a.rss_mb(), descriptors(a)
        flood = Flood(a, behaviours)
        flood.start()
        agents.wait_for(lambda: flood.came >= STRANGERS or flood.failure, 20, "the strangers to come")
        for round_number in (1, 2, 3):
            b.kill()
            forget_port(b)
            # Written while the other is away: only a link during the flood can carry it.
            a.call("entity.update", {"entity": entity, "ops": [{"op": "set", "path": "/n", "value": round_number}]})
            b.start()
            b.unlock()
            agents.wait_for(lambda: is_linked_by_call(a), 20, "the device to get through")
            agents.wait_level(a, b, seconds=20)
            assert b.call("entity.get", {"entity": entity})["value"]["n"] == round_number
            flood.check()
        flood.stop()
        most = flood.memory_mb
        assert most - memory <= MEMORY_MB_MAX, f"memory grew from {memory:.0f} to {most:.0f} MB"
        if files is None:
            print("skipped: only root may count the agent's open files")
        else:
            agents.wait_for(lambda: descriptors(a) <= files, 30, "the strangers' descriptors to be closed")
        print(f"{flood.came} strangers came, none was answered; memory grew from {memory:.1f} to {most:.1f} MB")
        a.stop()
        b.stop()


if __name__ == "__main__":
    sys.exit(main())
