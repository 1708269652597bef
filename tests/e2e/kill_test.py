#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 in a loop under write load: every acknowledged write is there afterwards.

SYNCLINE_KILLS sets the number of cycles. The seed is printed and can be given back.
"""
import json
import os
import random
import sys
import threading

import agents

CYCLES = int(os.environ.get("SYNCLINE_KILLS", "500"))
SEED = int(os.environ.get("SYNCLINE_SEED", random.SystemRandom().randrange(1 << 32)))


class Writer(threading.Thread):
    """Writes rising numbers, pipelined, and remembers which were acknowledged."""

    def __init__(self, agent, entity, start):
        super().__init__(daemon=True)
        self.agent, self.entity, self.next = agent, entity, start
        self.acknowledged = {}

    def run(self):
        sent = {}
        try:
            rpc = self.agent.rpc()
            while True:
                while len(sent) < 8:
                    key = f"k{self.next % 40}"
                    number = rpc.send("entity.update", {
                        "entity": self.entity, "ops": [{"op": "set", "path": f"/{key}", "value": self.next}]})
                    sent[number] = (key, self.next)
                    self.next += 1
                answer = json.loads(rpc.read_line())
                key, value = sent.pop(answer["id"])
                if "error" not in answer:
                    self.acknowledged[key] = max(value, self.acknowledged.get(key, 0))
        except (OSError, ConnectionError, ValueError):
            return


def main():
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    with agents.place() as agent:
        one = agent("one").start()
        one.init()
        entity = one.call("entity.create", {"type": "t", "value": {}})["entity"]
        written, acknowledged, next_value = 0, {}, 1
        for cycle in range(CYCLES):
            writer = Writer(one, entity, next_value)
            writer.start()
            # Long enough for some writes, and at any point of the next one.
            target = chance.randrange(1, 30)
            agents.wait_for(lambda: len(writer.acknowledged) >= min(target, 39) or not writer.is_alive(), 30, "writes")
            one.kill()
            writer.join()
            acknowledged.update(writer.acknowledged)
            written += len(writer.acknowledged)
            next_value = writer.next
            one.start()
            one.unlock()
            status = one.call("system.status")
            assert not status["rolled_back"] and not status["degraded"], f"cycle {cycle}: {status}"
            value = one.call("entity.get", {"entity": entity})["value"]
            for key, least in acknowledged.items():
                assert value.get(key, 0) >= least, f"cycle {cycle}, seed {SEED}: {key} is {value.get(key)}, acknowledged {least}"
        one.stop()
        print(f"{CYCLES} kills, {written} acknowledged writes looked for, none lost")


if __name__ == "__main__":
    sys.exit(main())
