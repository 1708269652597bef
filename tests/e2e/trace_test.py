#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A recorded conversation, typed through the local API into two agents with its real concurrency.

Each agent only ever knows what its author knew: receiving is paused except for the moment
in which one author had read the other up to some point. Both must end at the recorded text.
"""
import gzip
import json
import os
import pathlib
import sys
import time

import agents

TRACES = pathlib.Path(os.environ.get("SYNCLINE_TRACES", agents.ROOT.parent / "shared" / "traces"))


def own_trace():
    """Small enough to be written here: two authors type at both ends and in the middle."""
    txns, text = [], ""
    for number in range(60):
        txns.append({"parents": [number - 1] if number % 5 == 0 and number else [p for p in [number - 2] if p >= 0],
                     "agent": number % 2, "patches": [[0, 0, f"<{number}>"]]})
    return {"numAgents": 2, "endContent": None, "txns": txns}


def load():
    path = TRACES / "friendsforever.json.gz"
    if not path.exists():
        print(f"no {path}: running on the project's own small trace")
        return own_trace()
    with gzip.open(path, "rt") as file:
        return json.load(file)


def known_of_other(txns):
    """For each txn: how many txns of the other agent its author had read."""
    own_count = [0, 0]
    position, reach = [], []
    for txn in txns:
        me = txn["agent"]
        known = [0, 0]
        for parent in txn["parents"]:
            known = [max(a, b) for a, b in zip(known, reach[parent])]
        own_count[me] += 1
        known[me] = own_count[me]
        reach.append(known)
        position.append(own_count[me])
    return [r[1 - t["agent"]] for r, t in zip(reach, txns)]


class Author:
    """One of the two people: types on an agent that is told only what they had read."""

    def __init__(self, agent, entity):
        self.agent, self.entity = agent, entity
        self.rpc = agent.rpc()
        self.typed = 0       # own txns so far
        self.read = 0        # txns of the other so far
        self.queue = []      # own txns that are not sent yet

    def flush(self):
        if not self.queue:
            return
        updates = [("entity.update", {"entity": self.entity, "ops": ops, "wait": "buffered"}) for ops in self.queue]
        # In order on one connection: the agent takes the calls of one connection as they come.
        self.rpc.call_many(updates)
        self.queue = []

    def type(self, patches):
        ops = []
        for position, deleted, inserted in patches:
            if deleted:
                ops.append({"op": "text.remove", "path": "/body", "at": position, "count": deleted})
            if inserted:
                ops.append({"op": "text.insert", "path": "/body", "at": position, "text": inserted})
        self.queue.append(ops)
        self.typed += 1


class Carrier:
    """What is on its way: a device of the vault that holds one author's log up to some point.

    In the recording a change sometimes arrived when its author had long gone on.
    """

    def __init__(self, agent):
        self.agent = agent
        self.rpc = agent.rpc()
        self.holds = None


def transfer(source, reader, own_log):
    """The reader takes in everything that the source holds of a log, and from nobody else."""
    target = next(log["seq"] for log in source.rpc.call("log.list")["logs"] if log["log"] == own_log)
    source.rpc.call("sync.resume", {"direction": "send"})
    reader.rpc.call("sync.resume", {"direction": "receive"})

    def has_it():
        held = {log["log"]: log["seq"] for log in reader.rpc.call("log.list")["logs"]}
        return held.get(own_log, 0) >= target and not reader.rpc.call("system.status")["to_merge"]

    agents.wait_for(has_it, 30, "the reader to catch up")
    reader.rpc.call("sync.pause", {"direction": "receive"})
    source.rpc.call("sync.pause", {"direction": "send"})


class Conversation:
    def __init__(self, authors, carriers, txns):
        self.authors, self.carriers, self.txns = authors, carriers, txns
        self.needs = known_of_other(txns)
        self.queues = [[i for i, t in enumerate(txns) if t["agent"] == who] for who in (0, 1)]
        # At these points of an author's typing the other one read, sooner or later.
        self.read_at = [{self.needs[i] for i in self.queues[1 - who]} for who in (0, 1)]
        self.at = [0, 0]
        self.meetings = 0
        self.logs = [self.own_log(author) for author in authors]

    @staticmethod
    def own_log(author):
        author.rpc.call("entity.update", {"entity": author.entity, "ops": [{"op": "set", "path": f"/{author.agent.name}", "value": True}]})
        return next(log["log"] for log in author.rpc.call("log.list")["logs"] if log["own"])

    def in_flight(self, who):
        return [c for c in self.carriers[who] if c.holds is not None and c.holds > self.authors[1 - who].read]

    def must_be_kept(self, who):
        typed = self.authors[who].typed
        kept = any(c.holds == typed for c in self.carriers[who])
        return typed in self.read_at[who] and self.authors[1 - who].read < typed and not kept

    def step(self):
        """One txn of the author whose typing leaves the least on its way."""
        choices = []
        for who in (0, 1):
            if self.at[who] < len(self.queues[who]):
                need = self.needs[self.queues[who][self.at[who]]]
                if self.authors[1 - who].typed >= need:
                    choices.append((len(self.in_flight(who)) + self.must_be_kept(who), who, need))
        _, who, need = min(choices)
        author, other = self.authors[who], self.authors[1 - who]
        if need > author.read:
            self.read_up(who, need)
        if self.must_be_kept(who):
            author.flush()
            free = next(c for c in self.carriers[who] if c not in self.in_flight(who))
            transfer(author, free, self.logs[who])
            free.holds = author.typed
        author.type(self.txns[self.queues[who][self.at[who]]]["patches"])
        self.at[who] += 1
        del other

    def read_up(self, who, need):
        author, other = self.authors[who], self.authors[1 - who]
        author.flush()
        other.flush()
        source = other
        if other.typed != need:
            source = next(c for c in self.carriers[1 - who] if c.holds == need)
        transfer(source, author, self.logs[1 - who])
        author.read = need
        self.meetings += 1

    def is_over(self):
        return all(at == len(queue) for at, queue in zip(self.at, self.queues))


def main():
    trace = load()
    with agents.place() as agent:
        names = ["ann", "ben", "ann-1", "ann-2", "ben-1", "ben-2"]
        running = [agent(name).start() for name in names]
        running[0].init()
        entity = running[0].call("entity.create", {"type": "note", "value": {"body": {"$text": ""}}})["entity"]
        for one in running[1:]:
            agents.pair(running[0], one)
        for one in running[1:]:
            for other in running:
                one.call("sync.connect", {"address": other.address})
        agents.wait_level(*running)
        authors = [Author(one, entity) for one in running[:2]]
        carriers = [[Carrier(one) for one in running[2:4]], [Carrier(one) for one in running[4:6]]]
        everybody = authors + carriers[0] + carriers[1]
        conversation = Conversation(authors, carriers, trace["txns"])
        agents.wait_level(*running)
        for one in everybody:
            one.rpc.call("sync.pause")
        began = time.monotonic()
        while not conversation.is_over():
            conversation.step()
        for author in authors:
            author.flush()
        for one in everybody:
            one.rpc.call("sync.resume")
        agents.wait_level(*running)
        texts = [a.rpc.call("entity.get", {"entity": entity})["value"]["body"] for a in everybody]
        assert len(set(texts)) == 1, "everybody holds the same text"
        if trace["endContent"] is not None:
            assert texts[0] == trace["endContent"], "the text is the recorded one"
        print(f"{len(trace['txns'])} transactions, {conversation.meetings} times read, "
              f"{time.monotonic() - began:.1f} s: both agents end at the recorded text")
        for one in running:
            one.stop()


if __name__ == "__main__":
    sys.exit(main())
