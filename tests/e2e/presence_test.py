#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Presence between two real agents: shown there, gone with its program, and on no disk."""
import contextlib

import agents

MARK = "quartz-cello-40417"


def shown(agent, entity):
    return [row["value"] for row in agent.call("presence.list", {"entity": entity})["presence"]]


def follow(rpc, sub, wanted, what):
    """Long polls until a slot looks as wanted."""
    for _ in range(20):
        answer = rpc.call("events.poll", {"sub": sub, "wait_ms": 5000})
        for row in answer.get("ephemeral", []):
            if wanted(row):
                return row
        rpc.call("sub.ack", {"sub": sub, "cursor": answer["cursor"]})
    raise AssertionError(f"{what} did not come")


def check_not_on_disk(*some):
    for agent in some:
        for path in [*agent.home.rglob("*"), agent.log]:
            if path.is_file():
                assert MARK.encode() not in path.read_bytes(), f"{path} holds what was shown"


def main():
    with agents.place() as place:
        laptop, phone = place("laptop").start(), place("phone").start()
        laptop.init()
        agents.pair(laptop, phone)
        entity = laptop.call("entity.create", {"type": "note", "value": {"title": "a"}})["entity"]
        agents.wait_level(laptop, phone)
        heads = phone.call("log.list")["logs"]

        with contextlib.closing(phone.rpc()) as reader:
            sub = reader.call("sub.open", {"entity": entity, "ephemeral": True})["sub"]
            program = laptop.rpc()
            value = {"name": MARK, "cursor": 3}
            slot = program.call("presence.set", {"entity": entity, "value": value})["slot"]
            row = follow(reader, sub, lambda row: row.get("value") == value, "what is shown")
            assert row["kind"] == "presence" and row["device_name"] == "laptop" and row["slot"] == slot
            assert shown(phone, entity) == [value] and shown(laptop, entity) == [value]
            print("shown on the other device")

            # Another program's connection has nothing to do with it.
            laptop.call("presence.set", {"entity": entity, "value": {"name": "brief"}})
            follow(reader, sub, lambda row: row["gone"] and row["slot"] != slot, "the end of a brief program")
            assert shown(phone, entity) == [value]

            program.close()
            row = follow(reader, sub, lambda row: row["gone"] and row["slot"] == slot, "the end of the program")
            assert "value" not in row
            assert shown(phone, entity) == [] and shown(laptop, entity) == []
            print("gone with its program")

            # A device that locks takes back what it shows.
            program = laptop.rpc()
            program.call("presence.set", {"entity": entity, "value": value})
            follow(reader, sub, lambda row: row.get("value") == value, "what is shown again")
            laptop.call("vault.lock")
            follow(reader, sub, lambda row: row["gone"], "the end with the lock")
            program.close()
            laptop.unlock()
            assert shown(laptop, entity) == []
            print("gone with the lock")

            # And so does one that stops in good order.
            program = laptop.rpc()
            program.call("presence.set", {"entity": entity, "value": value})
            follow(reader, sub, lambda row: row.get("value") == value, "what is shown once more")
            laptop.stop()
            follow(reader, sub, lambda row: row["gone"], "the end with the agent")
            program.close()
            print("gone with its agent")

        assert phone.call("log.list")["logs"] == heads, "presence changed a log"
        phone.stop()
        check_not_on_disk(laptop, phone)
        print("nothing of it on a disk or in a log")


if __name__ == "__main__":
    main()
