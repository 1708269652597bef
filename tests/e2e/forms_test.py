#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A shop list on two devices: written as whole values and patches, apart, and read as its app declared."""
import json

import agents

LIST = {
    "title": "Groceries",
    "note": {"$text": "For Saturday."},
    "budget": {"$counter": 50},
    "tags": {"$set": ["food"]},
    "items": [{"name": "milk", "count": 1, "done": False}, {"name": "bread", "count": 1, "done": False}],
}


def refused(agent, method, params, kind, words):
    try:
        agent.call(method, params)
    except agents.RpcError as error:
        assert error.kind == kind, error
        assert words in str(error), error
        return
    raise AssertionError(f"{method} was not refused")


def apart(laptop, phone):
    for agent in (laptop, phone):
        agent.call("sync.pause")


def together(laptop, phone):
    for agent in (laptop, phone):
        agent.call("sync.resume")
    agents.wait_level(laptop, phone)


def read(agent, entity, **params):
    return agent.call("entity.get", {"entity": entity, **params})


def write_apart(laptop, phone, entity):
    """One writes all it has, the other what changed; nothing of either is lost."""
    mine = read(laptop, entity)["value"]
    mine["note"] = "For Saturday, early."
    mine["budget"] = 60
    mine["tags"].append("market")
    mine["items"].insert(0, {"name": "eggs", "count": 6, "done": False})
    mine["items"][1]["done"] = True
    laptop.call("entity.put", {"entity": entity, "value": mine})
    phone.call("entity.update", {"entity": entity, "merge_patch": {"note": "Just for Saturday.", "budget": 45}})
    phone.call("entity.update", {"entity": entity, "json_patch": [
        {"op": "test", "path": "/items/0/name", "value": "milk"},
        {"op": "replace", "path": "/items/0/count", "value": 2},
        {"op": "add", "path": "/tags/-", "value": "weekly"}]})
    return {
        "title": "Groceries",
        "note": "Just for Saturday, early.",
        "budget": 55,
        "tags": ["food", "market", "weekly"],
        "items": [{"name": "eggs", "count": 6, "done": False}, {"name": "milk", "count": 2, "done": True},
                  {"name": "bread", "count": 1, "done": False}],
    }


def check_merged(laptop, phone, entity, wanted):
    for agent in (laptop, phone):
        value = read(agent, entity)["value"]
        assert value == wanted, f"{agent.name}: {value}"
        assert agent.call("conflict.list")["conflicts"] == []


def check_rules(laptop, phone, entity):
    """Both count the same item; the greater count is shown, and nobody is asked."""
    apart(laptop, phone)
    laptop.cli("type", "declare", "list", "items/*/count=max")
    phone.call("type.declare", {"type": "list", "rules": {"/title": "text"}})
    for agent, count, title in ((laptop, 3, "Food"), (phone, 7, "Market")):
        agent.call("entity.update", {"entity": entity, "json_patch": [
            {"op": "replace", "path": "/items/1/count", "value": count},
            {"op": "replace", "path": "/title", "value": title}]})
    together(laptop, phone)
    for agent in (laptop, phone):
        answer = read(agent, entity, annotated=True)
        assert answer["value"]["items"][1]["count"] == 7, answer["value"]
        assert sorted(answer["value"]["title"].split("\n")) == ["Food", "Market"], answer["value"]
        assert answer["conflicts"] == 0 and agent.call("system.status")["conflicts"] == 0
        notes = {note["path"]: note for note in answer["notes"]}
        assert notes["/items/1/count"]["rule"] == "max"
        assert {other["value"] for other in notes["/items/1/count"]["others"]} == {3, 7}
        assert agent.cli("conflicts").stdout == "No conflicts.\n"
    shown = read(laptop, entity)["value"]["title"]
    assert read(phone, entity)["value"]["title"] == shown, "both show the same"
    assert "items/*/count" in phone.cli("type").stdout


def check_conflict(laptop, phone, entity):
    """Without a rule people decide, and may write something else."""
    apart(laptop, phone)
    for agent, place in ((laptop, "here"), (phone, "there")):
        agent.cli("put", entity, f"where={place}")
    together(laptop, phone)
    conflict, = phone.call("conflict.list", {"entity": entity})["conflicts"]
    assert {side["device_name"]: side["value"] for side in conflict["values"]} == {"laptop": "here", "phone": "there"}
    phone.cli("conflicts", "resolve", entity, "where", "--value", "both")
    agents.wait_level(laptop, phone)
    agents.wait_for(lambda: read(laptop, entity)["value"]["where"] == "both", what="the decision to arrive")
    assert laptop.call("conflict.list")["conflicts"] == []


def check_refusals(laptop, entity):
    before = read(laptop, entity)
    refused(laptop, "entity.update", {"entity": entity, "json_patch": [
        {"op": "add", "path": "/x", "value": 1}, {"op": "test", "path": "/budget", "value": 1}]},
        "conflict", "json_patch[1] (test)")
    refused(laptop, "entity.update", {"entity": entity, "json_patch": [{"op": "remove", "path": "/nothing"}]},
            "invalid", "/nothing is not there")
    laptop.call("entity.update", {"entity": entity, "merge_patch": {"note": "a🙂b"}})
    refused(laptop, "entity.update", {"entity": entity, "positions": "utf16", "ops": [
        {"op": "text.insert", "path": "/note", "at": 2, "text": "!"}]}, "invalid", "between its surrogates")
    laptop.call("entity.update", {"entity": entity, "positions": "utf16", "ops": [
        {"op": "text.insert", "path": "/note", "at": 3, "text": "!"}]})
    after = read(laptop, entity)["value"]
    assert after.pop("note") == "a🙂!b"
    before["value"].pop("note")
    assert after == before["value"]


def check_command_line(laptop):
    """A program can write what it has."""
    made = laptop.cli("put", "--new", "--type", "list", "--stdin", "--json", input=json.dumps(LIST))
    entity = json.loads(made.stdout)["entity"]
    laptop.cli("put", entity, "--stdin", "--whole", input=json.dumps({"note": "Later.", "budget": 1}))
    assert read(laptop, entity)["value"] == {"note": "Later.", "budget": 1}
    assert read(laptop, entity, annotated=True)["value"] == {"note": {"$text": "Later."}, "budget": {"$counter": 1}}


def main():
    with agents.place() as place:
        laptop, phone = place("laptop").start(), place("phone").start()
        laptop.init()
        agents.pair(laptop, phone)
        entity = laptop.call("entity.create", {"type": "list", "value": LIST})["entity"]
        agents.wait_level(laptop, phone)
        apart(laptop, phone)
        wanted = write_apart(laptop, phone, entity)
        together(laptop, phone)
        check_merged(laptop, phone, entity, wanted)
        check_rules(laptop, phone, entity)
        check_conflict(laptop, phone, entity)
        check_refusals(laptop, entity)
        check_command_line(laptop)
        laptop.stop()
        phone.stop()
    print("forms: ok")


main()
