#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Damaged homes: an agent refuses with the next step, shows everything it acknowledged, or says what is missing.

One home of a killed agent, with sorted files, blob files and a log that was not written out yet, is
damaged in many ways, and each copy is started. What the refusals advise is then done, and has to
help. The seed is printed and can be given back with SYNCLINE_SEED.
"""
import collections
import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

import agents
import bad_input_home_test
import bad_input_tools as tools

SEED = int(os.environ.get("SYNCLINE_SEED", random.SystemRandom().randrange(1 << 32)))
SALVAGE = "once with --salvage"
GIVEN_UP = "join the vault again"


# ---- damage ----------------------------------------------------------------------------------

def flip(name, bit):
    def act(home):
        content = bytearray((home / name).read_bytes())
        content[bit // 8] ^= 1 << bit % 8
        (home / name).write_bytes(content)
    return act


def cut(name, size):
    return lambda home: os.truncate(home / name, size)


def remove(*names):
    return lambda home: [(home / name).unlink() for name in names]


def both(*acts):
    return lambda home: [act(home) for act in acts]


def litter(home):
    """What crashes leave behind."""
    for name in ("store.new", "store.rebuild", "store.damaged-partial"):
        (home / name / "store").mkdir(parents=True)
        (home / name / "CURRENT").write_bytes(b"MANIFEST-000001\n")
    for name in ("anchor.0.tmp", "device.key.tmp", "store/000999.sst", "store/000999.log.tmp"):
        (home / name).write_bytes(os.urandom(100))
    (home / "lock").write_bytes(os.urandom(100))


def damages(home, chance):
    """Names of damages, and what does them."""
    found = {"litter": litter}
    for path in sorted((home / "store").iterdir()):
        name, size = f"store/{path.name}", path.stat().st_size
        often = 16 if path.suffix == ".log" else 1
        found[f"{name} gone"] = remove(name)
        for _ in range(often if size else 0):
            bit, left = chance.randrange(8 * size), chance.randrange(size)
            found[f"{name} bit {bit}"] = flip(name, bit)
            found[f"{name} cut to {left}"] = cut(name, left)
    log = newest_log(home)
    half = cut(log, (home / log).stat().st_size // 4)
    found["half the log"] = half
    flipped = both(flip("anchor.0", 300), flip("anchor.1", 300))
    gone = remove("anchor.0", "anchor.1")
    for name in ("anchor.0", "anchor.1"):
        found[f"{name} gone"] = remove(name)
        found[f"{name} empty"] = cut(name, 0)
    older = min(("anchor.0", "anchor.1"), key=lambda name: generation(home / name))
    found["the older anchor gone, log cut"] = both(remove(older), half)
    found["no anchor is valid"] = flipped
    found["no anchor is valid, log cut"] = both(flipped, half)
    found["no anchor"] = gone
    found["no anchor, log cut"] = both(gone, half)
    return found


def newest_log(home):
    path = max((home / "store").glob("*.log"), key=lambda one: one.stat().st_size)
    return f"store/{path.name}"


# ---- the home that is damaged -------------------------------------------------------------------

def generation(anchor):
    """The layout is in storage/FORMAT.md."""
    return int.from_bytes(anchor.read_bytes()[21:29], "big")


def anchored(home):
    """What the newest anchor says: log -> seq."""
    content = max(home.glob("anchor.?"), key=generation).read_bytes()
    entries = [content[33 + 56 * i:89 + 56 * i] for i in range(int.from_bytes(content[29:33], "big"))]
    return {one[:16].hex(): int.from_bytes(one[16:24], "big") for one in entries}


def own_logs(agent):
    return {row["log"]: row["seq"] for row in agent.call("log.list")["logs"] if row["own"]}


class Writer:
    def __init__(self):
        self.count = 0

    def create(self, agent, number):
        with contextlib.closing(agent.rpc()) as rpc:
            calls = [("entity.create", {"type": "t", "value": {}})] * number
            return [one["entity"] for one in rpc.call_many(calls)]

    def update(self, agent, entities, number, size):
        calls = []
        for _ in range(number):
            self.count += 1
            value = f"{self.count} " + "v" * (self.count % size)
            calls.append(("entity.update", {"entity": entities[self.count % len(entities)], "ops": [
                {"op": "set", "path": f"/k{self.count % 7}", "value": value}]}))
        with contextlib.closing(agent.rpc()) as rpc:
            rpc.call_many(calls)


class Pair:
    """Two devices that are level; `two` was killed, and its home is what gets damaged."""

    def __init__(self, place):
        self.one, self.two = place("one").start(), place("two").start()
        self.one.init()
        agents.pair(self.one, self.two)
        agents.wait_level(self.one, self.two)
        writer = Writer()
        entities = writer.create(self.two, 20)
        writer.update(self.two, entities, 100, 9000)
        others = writer.create(self.one, 10)
        writer.update(self.one, others, 60, 9000)
        agents.wait_level(self.one, self.two)
        self.two.stop()
        self.backup = self.copy(self.two, "backup")
        self.two.start().unlock()
        writer.update(self.two, entities, 100, 3000)
        self.two.kill()
        self.two.start().unlock()
        late = writer.create(self.two, 10)
        writer.update(self.two, entities + late, 140, 300)
        agents.wait_level(self.one, self.two)
        agents.wait_for(lambda: anchored(self.two.home) == own_logs(self.two), 10, "the anchor")
        self.entities = entities + others + late
        self.acknowledged = self.values(self.two)
        self.two.kill()
        self.one.stop()
        self.saved = {agent.name: self.copy(agent, "saved") for agent in (self.one, self.two)}

    @staticmethod
    def copy(agent, name):
        return shutil.copytree(agent.home, agent.home.parent / name)

    def put_back(self, agent, what=None):
        shutil.rmtree(agent.home)
        shutil.copytree(what or self.saved[agent.name], agent.home)

    def values(self, agent):
        """What an entity is, or the error that says why it cannot be shown."""
        shown = {}
        with contextlib.closing(agent.rpc()) as rpc:
            for entity in self.entities:
                try:
                    shown[entity] = json.dumps(rpc.call("entity.get", {"entity": entity})["value"], sort_keys=True)
                except agents.RpcError as failure:
                    shown[entity] = failure.kind
        return shown

    def logs(self, agent):
        return {row["log"]: (row["seq"], row["head"]) for row in agent.call("log.list")["logs"]}


# ---- what a start makes of it ---------------------------------------------------------------------

def start(agent, *options):
    """Nothing if it runs, else how it ended."""
    agent.log.unlink(missing_ok=True)
    with open(agent.log, "wb") as log:
        agent.process = subprocess.Popen(
            [str(agents.BIN / "synclined"), "--home", str(agent.home), "--runtime", str(agent.runtime),
             "--listen", "127.0.0.1:0", *options],
            stdout=subprocess.PIPE, stderr=log, env=dict(os.environ, SYNCLINE_TEST_ARGON="min"))
    line = agent.process.stdout.readline().decode()
    if line.startswith("ready "):
        agent.address = line.split()[-1]
        return None
    code = agent.process.wait(timeout=30)
    agent.process.stdout.close()
    return code, agent.log.read_text().strip().splitlines()[-1]


def attention_of(agent):
    """As the person sees it."""
    status = agent.call("system.status")
    text = agent.cli("status").stdout
    for sentence in status["attention"]:
        assert sentence in text, f"`{sentence}` is not in: {text}"
        if "--salvage" in sentence:
            assert "--salvage" in agent.cli("doctor", check=False).stdout
    if status["rolled_back"] or status["degraded"]:
        assert status["attention"], status
    return status["attention"]


def look(pair):
    """whole, told or refused; anything else fails."""
    refused = start(pair.two)
    if refused:
        code, said = refused
        assert code == 8 and (SALVAGE in said or "restore" in said), f"ended with {code}: {said}"
        return "refused"
    try:
        try:
            pair.two.unlock()
        except agents.RpcError as failure:
            assert failure.kind == "corrupt" and any("--salvage" in one for one in attention_of(pair.two)), failure
            return "told"
        shown = pair.values(pair.two)
        if shown == pair.acknowledged:
            return "whole"
        wrong = [f"{shown[one]}, acknowledged {pair.acknowledged[one]}"[:300]
                 for one in shown if shown[one] != pair.acknowledged[one]]
        assert attention_of(pair.two), f"lost without a word: {wrong[0]}"
        return "told"
    except ConnectionError as failure:
        raise AssertionError(f"ended with {pair.two.process.wait(timeout=30)}: {pair.two.log.read_text()[-2000:]}") from failure
    finally:
        if pair.two.process.poll() is None:
            pair.two.kill()


def check_damages(pair, chance):
    outcomes = {}
    for name, damage in damages(pair.two.home, chance).items():
        damage(pair.two.home)
        with tools.named(name):
            outcomes[name] = look(pair)
            if outcomes[name] == "told":
                assert look(pair) == "told", "the second start says nothing"
        pair.put_back(pair.two)
    for name in ("litter", "store/WARNINGS gone"):
        assert outcomes[name] == "whole", f"{name}: {outcomes[name]}"
    assert outcomes["half the log"] == "told"
    return outcomes


def check_unanchored(pair, chance):
    """A second before it was killed: at most what was written after the anchor is missing without a word."""
    assert start(pair.two) is None
    pair.two.unlock()
    Writer().update(pair.two, pair.entities, 200, 300)
    pair.two.kill()
    known = anchored(pair.two.home)
    saved = pair.copy(pair.two, "unanchored")
    log = newest_log(saved)
    for _ in range(6):
        cut(log, chance.randrange((saved / log).stat().st_size))(pair.two.home)
        assert start(pair.two) is None
        pair.two.unlock()
        held = own_logs(pair.two)
        short = [one for one in known if held.get(one, 0) < known[one]]
        assert not short or attention_of(pair.two), f"{held}, anchored {known}"
        pair.two.kill()
        pair.put_back(pair.two, saved)
    pair.put_back(pair.two)


# ---- what the refusals advise ---------------------------------------------------------------------

def check_heals(pair):
    """The other device gives back what is missing, and both go on together."""
    pair.one.start().unlock()
    pair.two.call("sync.connect", {"address": pair.one.address})
    agents.wait_level(pair.one, pair.two, seconds=30)
    assert pair.values(pair.two) == pair.acknowledged
    new = pair.two.call("entity.create", {"type": "t", "value": {"new": True}})["entity"]
    agents.wait_level(pair.one, pair.two, seconds=30)
    assert pair.one.call("entity.get", {"entity": new})["value"] == {"new": True}
    assert pair.logs(pair.one) == pair.logs(pair.two)
    pair.one.kill()
    pair.put_back(pair.one)


def check_salvage(pair, damage):
    """True if the store could be used again."""
    damage(pair.two.home)
    refused = start(pair.two, "--salvage")
    assert (pair.two.home / "store.damaged-1" / "IDENTITY").exists(), "a copy is kept"
    if refused:
        code, said = refused
        assert code == 8 and GIVEN_UP in said, f"--salvage ended with {code}: {said}"
        again = start(pair.two)
        assert again and again[0] == 8, f"given up, but then: {again}"
        return False
    pair.two.unlock()
    assert any("store.damaged-1" in sentence for sentence in attention_of(pair.two))
    check_heals(pair)
    status = pair.two.call("system.status")
    pair.two.kill()
    assert start(pair.two) is None
    pair.two.unlock()
    shutil.rmtree(pair.two.home / "store.damaged-1")
    status = pair.two.call("system.status")
    assert not status["rolled_back"] and not status["attention"], status
    pair.two.kill()
    return True


def kind_of(name):
    file = name.split()[0]
    return (file.rsplit(".", 1)[-1] if "." in file else file.split("-")[0], name.split()[1])


def check_advice(pair, outcomes, chance):
    """Of each kind of file and of damage one that was refused; of sorted files every one."""
    every = damages(pair.two.home, chance)
    salvaged, given_up, kinds = 0, 0, set()
    for name in [one for one, outcome in outcomes.items() if outcome == "refused"]:
        kind = kind_of(name)
        if name not in every or kind in kinds and kind != ("sst", "gone"):
            continue
        kinds.add(kind)
        with tools.named(f"--salvage after {name}"):
            if check_salvage(pair, every[name]):
                salvaged += 1
            else:
                # Without the device's own secrets or the vault's records there is nothing to go on with.
                assert kind[0] == "sst", "given up"
                given_up += 1
        pair.put_back(pair.two)
    assert salvaged > given_up > 0, f"{salvaged} salvaged, {given_up} given up"
    return salvaged, given_up


def check_damage_within(pair, chance):
    """What no start notices but every reading: salvage looks for it when it is asked to."""
    path = max((pair.two.home / "store").glob("*.sst"), key=lambda one: one.stat().st_size)
    damage = flip(f"store/{path.name}", 8 * (path.stat().st_size // 2) + chance.randrange(8))
    damage(pair.two.home)
    look(pair)
    pair.put_back(pair.two)
    assert check_salvage(pair, damage)
    pair.put_back(pair.two)


def check_no_way_out(agent):
    """Every file is sound, but what makes it a store is not there: salvage is not advised again and again."""
    agent.start().init()
    agent.kill()
    for log in (agent.home / "store").glob("*.log"):
        bad_input_home_test.patch_log(log, b"\x06schema\x04", b"\x06schemb\x04")
    code, said = start(agent)
    assert code == 8 and SALVAGE in said, said
    code, said = start(agent, "--salvage")
    assert code == 8 and GIVEN_UP in said, said


def check_backup(pair):
    """An older home is put back, anchor and all: the other device knows better."""
    pair.put_back(pair.two, pair.backup)
    pair.one.start().unlock()
    assert start(pair.two) is None
    pair.two.unlock()
    pair.two.call("sync.connect", {"address": pair.one.address})
    agents.wait_for(lambda: pair.two.call("system.status")["rolled_back"], 30, "the rollback to be noticed")
    pair.one.kill()
    pair.put_back(pair.one)
    check_heals(pair)
    pair.two.kill()


def check_new_join(pair):
    """The home is moved away; the device joins anew."""
    shutil.move(pair.two.home, pair.two.home.parent / "moved")
    pair.one.start().unlock()
    assert start(pair.two) is None
    agents.pair(pair.one, pair.two)
    agents.wait_for(lambda: pair.values(pair.two) == pair.acknowledged, 30, "the new device to have everything")
    pair.two.stop()
    pair.one.stop()


def in_memory():
    """Hundreds of starts: how long a disk takes to sync is not what is tested."""
    with contextlib.suppress(OSError):
        if shutil.disk_usage("/dev/shm").free > 256 << 20 and os.access("/dev/shm", os.W_OK):
            tempfile.tempdir = "/dev/shm"


def main():
    print(f"seed {SEED}")
    in_memory()
    chance = random.Random(SEED)
    with agents.place() as place:
        pair = Pair(place)
        state = chance.getstate()
        outcomes = check_damages(pair, chance)
        chance.setstate(state)
        salvaged, given_up = check_advice(pair, outcomes, chance)
        check_damage_within(pair, chance)
        check_unanchored(pair, chance)
        check_no_way_out(place("three"))
        check_backup(pair)
        check_new_join(pair)
        counts = collections.Counter(outcomes.values())
        print(f"{len(outcomes)} damages: {counts['refused']} refused, {counts['told']} told, {counts['whole']} without loss; "
              f"{salvaged} salvaged, {given_up} given up")


if __name__ == "__main__":
    sys.exit(main())
