#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many events of 200 bytes written on one device; another joins and is level, verified and durable.

Then once more while the other device is locked. SYNCLINE_FLOOD sets the number of events.
"""
import json
import os
import sys
import time

import agents

EVENTS = int(os.environ.get("SYNCLINE_FLOOD", "1000000"))
ENTITIES = 1000
VALUE = "v" * 200


def write(agent, entities, count):
    """`count` events of one 200-byte value each."""
    rpc = agent.rpc()
    requests = (("entity.update", {"entity": entities[i % len(entities)], "wait": "buffered",
                                   "ops": [{"op": "set", "path": f"/f{i % 7}", "value": VALUE}]})
                for i in range(count - 1))
    rpc.call_many(requests, window=60)
    # The last one is durable, and with it everything before it.
    rpc.call("entity.update", {"entity": entities[0], "ops": [{"op": "set", "path": "/last", "value": str(count)}]})
    rpc.close()


def heads(agent):
    return {log["log"]: (log["seq"], log["head"]) for log in agent.call("log.list")["logs"]}


def same(a, b):
    return a == b and a


def main():
    with agents.place() as agent:
        a, b = agent("a").start(), agent("b").start()
        a.init()
        rpc = a.rpc()
        entities = [answer["entity"] for answer in rpc.call_many(
            ("entity.create", {"type": "flood", "wait": "buffered", "value": {}}) for _ in range(ENTITIES))]
        began = time.monotonic()
        write(a, entities, EVENTS)
        print(f"written: {EVENTS / (time.monotonic() - began):.0f} events/s")
        began = time.monotonic()
        agents.pair(a, b)
        agents.wait_for(lambda: same(heads(a), heads(b)), 600, "the heads to be equal")
        print(f"replicated: {EVENTS / (time.monotonic() - began):.0f} events/s")
        agents.wait_level(a, b, seconds=600)
        print(f"merged: {EVENTS / (time.monotonic() - began):.0f} events/s")
        for entity in (entities[0], entities[-1]):
            assert a.call("entity.get", {"entity": entity})["value"] == b.call("entity.get", {"entity": entity})["value"]
        # Durable on both: a kill loses nothing.
        before = heads(b)
        b.kill()
        b.start()
        assert heads(b) == before, "what was level is durable"
        # Locked: the same again as ciphertext.
        b.call("sync.pause", {"direction": "receive"})
        more = max(EVENTS // 4, 1000)
        write(a, entities, more)
        began = time.monotonic()
        b.call("sync.resume")
        agents.wait_for(lambda: same(heads(a), heads(b)), 600, "the locked device to hold everything")
        print(f"replicated while locked: {more / (time.monotonic() - began):.0f} events/s")
        assert b.call("system.status")["vault"] == "locked"
        b.unlock()
        agents.wait_level(a, b, seconds=600)
        value = b.call("entity.get", {"entity": entities[0]})["value"]
        assert value == a.call("entity.get", {"entity": entities[0]})["value"]
        assert value["last"] == str(more)
        print(f"memory: {a.rss_mb():.0f} MB and {b.rss_mb():.0f} MB")
        a.stop()
        b.stop()


if __name__ == "__main__":
    sys.exit(main())
