#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a locked agent has in memory: no password, no content, and no key but those it syncs with.

Every readable byte of the process is looked at, as a thief who is root could. Keys are learned from the
agent's own key memory while it is unlocked. Needs root: the agent keeps everybody else out.
"""
import collections
import contextlib
import json
import os
import pathlib
import re
import sys

import agents
import bad_input_tools as tools

PASSWORD = "zebra-91742-correct-horse"
NEW_PASSWORD = "okapi-55318-battery-staple"
# In everything that is written; no other text contains it.
MARK = "quartz-violin-55102"
SLOT_SIZE = 32  # protocol/crypto/arena.h
# Without these a locked agent could not sync: its transport key and what discovery and links derive from.
KEYS_KEPT_MAX = 8


# ---- the memory of a process ----------------------------------------------------------------------

def regions(pid):
    """Begin, end and name of everything that can be read; "keys" is what is kept out of swap and of dumps."""
    found = []
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        head = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)", line)
        if head:
            begin, end, permissions, name = int(head[1], 16), int(head[2], 16), head[3], head[4]
        elif line.startswith("VmFlags:") and permissions[0] == "r" and not name.startswith(("[vvar", "[vsys")):
            is_for_keys = {"lo", "dd"} <= set(line.split()[1:]) and permissions.startswith("rw")
            found.append((begin, end, "keys" if is_for_keys else name))
    return found


def content(pid):
    """All of it, the stack of the first thread last; the part for keys apart."""
    everything, keys, stack = [], [], []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for begin, end, name in regions(pid):
            memory.seek(begin)
            part = bytearray()
            while len(part) < end - begin:
                piece = memory.read(end - begin - len(part))
                assert piece, f"{begin:x} ends early"
                part += piece
            {"keys": keys, "[stack]": stack}.get(name, everything).append(bytes(part))
    assert len(keys) == 1, "one region for keys"
    assert len(stack) == 1, "one stack"
    return everything + stack, keys[0]


def slots(key_memory):
    """Keys are random: what repeats or is mostly zeros is none."""
    cut = (key_memory[at:at + SLOT_SIZE] for at in range(0, len(key_memory), SLOT_SIZE))
    return {slot for slot in cut if len(set(slot)) > 8}


def occurrences(everything, needles):
    return {needle: count for needle in needles
            if (count := sum(part.count(needle) for part in everything)) > 0}


def texts(*words):
    """In the encodings in which they might lie around; of passwords a part suffices."""
    return [word.encode(code) for word in words for code in ("utf-8", "utf-16-le", "utf-32-le")]


SECRETS = texts(MARK, PASSWORD[:14], PASSWORD[8:], NEW_PASSWORD[:14], NEW_PASSWORD[8:])


# ---- an agent that does everything ------------------------------------------------------------------

def lines_that_are_refused():
    def call(method, params):
        return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    unlock = call("vault.unlock", {"password": PASSWORD})
    return [
        call("vault.unlock", {"password": PASSWORD, "more": 1}),
        call("vault.unlock", [PASSWORD]),
        call("vault.unlock", {"password": PASSWORD + "-wrong"}),
        call("vault.nothing", {"password": PASSWORD}),
        call("vault.passwd", {"old": PASSWORD, "new": NEW_PASSWORD}),
        f"[{unlock},{call('vault.unlock', {'password': 1})}]",
        unlock[:-6],
        unlock.replace("zebra", "\\u007a\\u0065bra") + "x",
        call("entity.create", {"type": "t", "value": {MARK: [MARK] * 3}})[:-4],
        call("entity.create", {MARK: 1}),
        call("entity.get", {"entity": MARK}),
        call(MARK, {}),
        call("entity.create", {"type": "t", "value": {"long": MARK * 250000}}),
    ]


def write_and_read(agent):
    entities = []
    for size in (0, 1, 30, 500, 4000):
        value = {"title": MARK, MARK: MARK, "text": {"$text": f"{MARK}{'.' * size}{MARK}\n"},
                 "list": [MARK, [MARK], {MARK: MARK}], "set": {"$set": [MARK]}}
        entities.append(agent.call("entity.create", {"type": MARK, "value": value})["entity"])
    for entity in entities:
        agent.call("entity.update", {"entity": entity, "ops": [
            {"op": "set", "path": "/title", "value": MARK + "\u00e9\n"}]})
        agent.call("entity.get", {"entity": entity, "annotated": True})
        agent.call("entity.history", {"entity": entity})
    agent.call("entity.list", {"limit": 100})
    agent.cli("put", entities[0], f"/title={MARK}")
    agent.cli("get", entities[0])
    return entities


@contextlib.contextmanager
def everything_at_once(agent):
    """Calls of every kind, good and bad; a subscription goes on meanwhile."""
    with contextlib.closing(agent.rpc()) as rpc, contextlib.closing(agent.rpc()) as reader:
        reader.call("sub.open")
        entities = write_and_read(agent)
        for line in lines_that_are_refused():
            rpc.send_raw(line.encode() + b"\n")
            rpc.read_line()
        agent.call("vault.unlock", {"password": PASSWORD})
        agent.call("vault.passwd", {"old_password": PASSWORD, "new_password": NEW_PASSWORD})
        agent.call("vault.passwd", {"old_password": NEW_PASSWORD, "new_password": PASSWORD})
        # Somebody hangs up in the middle of a line.
        with contextlib.closing(agent.rpc()) as cut_off:
            cut_off.send_raw(b'{"jsonrpc":"2.0","id":1,"method":"vault.unlock","params":{"password":"' + PASSWORD.encode())
        yield entities


def check_keys(agent, when, outside, looks=5):
    """`outside` gives, of what content() read, the places where no key may be, and which keys. The first thread goes
    on meanwhile: while it works a key may be on its stack, which is then gone at another look."""
    for _ in range(looks):
        searches = outside(*content(agent.process.pid))
        for everything, keys in searches:
            assert not occurrences(everything[:-1], keys), f"{when}: a key lies in ordinary memory"
        if not any(occurrences(everything[-1:], keys) for everything, keys in searches):
            return
    raise AssertionError(f"{when}: a key stays on the stack")


def check_locked(agent, unlocked_keys, when):
    everything, key_memory = content(agent.process.pid)
    found = occurrences(everything + [key_memory], SECRETS)
    assert not found, f"{when}: {found}"
    kept = unlocked_keys & slots(key_memory)
    assert len(kept) <= KEYS_KEPT_MAX, f"{when}: {len(kept)} keys of the unlocked vault are left"
    check_keys(agent, when, lambda everything, key_memory: [([key_memory, *everything], unlocked_keys - kept),
                                                            (everything, slots(key_memory))])
    return len(kept)


def check_hardened(agent):
    process = pathlib.Path(f"/proc/{agent.process.pid}")
    core = next(line for line in (process / "limits").read_text().splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"], core
    # Of a process that may not be dumped these belong to root, whoever runs it.
    user = tools.nobody()
    theirs = agents.Agent(agent.home.parent.parent, "theirs")
    theirs.home.parent.parent.chmod(0o711)
    os.chown(theirs.home.parent, user.pw_uid, user.pw_gid)
    with contextlib.suppress(PermissionError):  # a program that only root may execute
        theirs.wrapper = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        theirs.start(expect_ready=False)
        if theirs.process.poll() is None:
            said = tools.in_child(user, lambda: open(f"/proc/{theirs.process.pid}/mem", "rb").read(1))
            theirs.kill()
            assert "PermissionError" in said, f"the same user reads the agent's memory: {said}"
            return True
    return False


def main():
    if os.geteuid() != 0:
        print("skipped: only root can read the memory of an agent")
        return
    agents.PASSWORD = PASSWORD
    with agents.place() as agent:
        one, two = agent("one").start(), agent("two").start()
        one.init()
        agents.pair(one, two)
        agents.wait_level(one, two)
        with everything_at_once(one), everything_at_once(two):
            agents.wait_level(one, two)
            everything, key_memory = content(two.process.pid)
            keys = slots(key_memory)
            seen = occurrences(everything, SECRETS)
            # Otherwise this test would see nothing whatever happens.
            assert seen.get(MARK.encode(), 0) > 0 and len(keys) > 20, (seen, len(keys))
            assert not any(needle in seen for needle in texts(PASSWORD[:14], NEW_PASSWORD[8:])), f"unlocked: {seen}"
            check_keys(two, "unlocked", lambda everything, key_memory: [(everything, slots(key_memory))])
            two.call("vault.lock")
            kept = check_locked(two, keys, "locked")
            write_and_read(one)
            agents.wait_for(lambda: one.call("system.status")["only_here"] == 0, 60, "the locked device to hold it")
            check_locked(two, keys, "locked and synced")
            with contextlib.suppress(agents.RpcError):
                two.call("vault.unlock", {"password": PASSWORD + "-wrong"})
            check_locked(two, keys, "after a wrong password")
            two.unlock()
            agents.wait_level(one, two)
            two.cli("lock")
            check_locked(two, keys, "locked again")
        others = "and the same user cannot read it" if check_hardened(one) else "other users were not tried"
        print(f"{len(keys)} keys unlocked, {kept} locked; {sum(map(len, everything)) >> 20} MiB looked through, {others}")


if __name__ == "__main__":
    sys.exit(main())
