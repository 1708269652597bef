#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A letter on two devices: looked back at, gone back, undone, signed off and rebuilt, over restarts and by its authors."""
import json

import agents

LETTER = {"title": "Letter", "body": {"$text": "Dear Ada, it rains."}, "draft": True}


def cli_json(agent, *words):
    return json.loads(agent.cli(*words, "--json").stdout)


def value(agent, entity, *words):
    return cli_json(agent, "get", entity, *words)["value"]


def write(agent, entity, at, text):
    agent.call("entity.update", {"entity": entity, "ops": [{"op": "text.insert", "path": "/body", "at": at, "text": text}]})


def refused(agent, code, *words):
    done = agent.cli(*words, check=False)
    assert done.returncode == code, f"{words}: {done.returncode} {done.stdout} {done.stderr}"
    return done.stderr


def write_together(laptop, phone):
    entity = laptop.call("entity.create", {"type": "letter", "value": LETTER})["entity"]
    agents.wait_level(laptop, phone)
    write(phone, entity, 18, " a little")
    agents.wait_level(laptop, phone)
    for agent in (laptop, phone):
        agent.call("sync.pause")
    write(laptop, entity, 8, " and Ben")
    write(phone, entity, 0, "My ")
    for agent in (laptop, phone):
        agent.call("sync.resume")
    agents.wait_level(laptop, phone)
    wanted = "My Dear Ada and Ben, it rains a little."
    for agent in (laptop, phone):
        agents.wait_for(lambda agent=agent: value(agent, entity)["body"] == wanted, what=f"{agent.name} to merge")
    return entity


def look_back(laptop, phone, entity):
    """Both tell the same history; any version can be read, compared and named."""
    rows = cli_json(laptop, "history", entity)["versions"]
    assert [row["version"] for row in rows] == [row["version"] for row in cli_json(phone, "history", entity)["versions"]]
    assert len(rows) == 4 and rows[-1]["kind"] == "create", rows
    assert {row["device_name"] for row in rows} == {"laptop", "phone"}
    first = rows[-1]["version"]
    assert value(phone, entity, "--at", first)["body"] == "Dear Ada, it rains."
    page = cli_json(laptop, "history", entity, "--limit", "3")
    assert len(cli_json(laptop, "history", entity, "--cursor", page["cursor"])["versions"]) == 1
    assert "+8" in laptop.cli("history", entity).stdout

    laptop.cli("version", "name", entity, "sent", "--wait", "one_device")
    phone.cli("version", "name", entity, "begun", "--at", first)
    agents.wait_level(laptop, phone)
    for agent in (laptop, phone):
        agents.wait_for(lambda agent=agent: len(cli_json(agent, "version", "list", entity)["versions"]) == 2,
                        what=f"names on {agent.name}")
        assert value(agent, entity, "--at", "begun")["body"] == "Dear Ada, it rains."
        changes = cli_json(agent, "diff", entity, "begun", "sent")["changes"]
        assert {change["path"] for change in changes} == {"/body"} and "".join(c["inserted"] for c in changes) == \
            "My  and Ben a little", changes
    assert "begun" in laptop.cli("version", "list", entity).stdout
    refused(laptop, 5, "get", entity, "--at", "printed")
    refused(laptop, 7, "version", "name", entity, "begun")
    refused(laptop, 2, "version", "name", entity)
    assert laptop.cli("version").stdout.startswith("syncline ")


def check_authors(laptop, phone, entity):
    """Who wrote what, the same on both, in the units that are asked for; and for a person."""
    for agent in (laptop, phone):
        parts = agent.call("text.blame", {"entity": entity, "path": "/body"})["parts"]
        body = value(agent, entity)["body"]
        spans = [(body[p["start"]:p["start"] + p["length"]], p["device_name"]) for p in parts]
        assert spans == [("My ", "phone"), ("Dear Ada", "laptop"), (" and Ben", "laptop"), (", it rains", "laptop"),
                         (" a little", "phone"), (".", "laptop")], spans
        shown = agent.cli("blame", entity, "body").stdout.splitlines()
        assert len(shown) == 4 and "My" in shown[0] and "phone" in shown[0], shown
        assert "Dear Ada and Ben, it rains" in shown[1] and "laptop" in shown[1], shown
    assert len(cli_json(phone, "blame", entity, "body", "--at", "begun")["parts"]) == 1
    assert "no text is at /title" in refused(phone, 5, "blame", entity, "title")


def keep_cursors(laptop, entity):
    """Around "Ben", for an app that was open when the agents were restarted."""
    body = value(laptop, entity)["body"]
    start = body.index("Ben")
    return [laptop.call("text.cursor", {"entity": entity, "path": "/body", "at": at, "side": side})["cursor"]
            for at, side in ((start, "right"), (start + 3, "left"))]


def check_cursors(laptop, phone, entity, cursors):
    write(phone, entity, 0, "🙂 ")
    write(phone, entity, value(phone, entity)["body"].index(","), "jamin")
    agents.wait_level(laptop, phone)
    for agent in (laptop, phone):
        agents.wait_for(lambda agent=agent: "Benjamin" in value(agent, entity)["body"], what="the change to arrive")
        places = agent.call("text.resolve", {"entity": entity, "path": "/body", "cursors": cursors})["places"]
        body = value(agent, entity)["body"]
        assert body[places[0]["at"]:places[1]["at"]] == "Ben", (body, places)
        units = agent.call("text.resolve", {"entity": entity, "path": "/body", "cursors": cursors, "positions": "utf16"})
        assert units["places"][0]["at"] == places[0]["at"] + 1, units
    try:
        laptop.call("text.resolve", {"entity": entity, "path": "/body", "cursors": ["ab"]})
        raise AssertionError("what is no cursor was taken")
    except agents.RpcError as error:
        assert error.kind == "invalid" and "text.cursor" in str(error), error


def go_back(laptop, phone, entity):
    """Undone is what this device did; restored is all."""
    before = value(phone, entity)
    laptop.cli("put", entity, "title=Reply")
    laptop.cli("put", entity, "draft=false")
    phone.cli("put", entity, "title=Answer")
    laptop.stop()
    laptop.start()
    laptop.unlock()
    agents.wait_level(laptop, phone)
    laptop.cli("undo", entity)
    assert value(laptop, entity)["draft"] is True
    laptop.cli("redo", entity)
    assert value(laptop, entity)["draft"] is False
    laptop.cli("undo", entity)
    agents.wait_level(laptop, phone)
    phone.cli("undo", entity)
    agents.wait_for(lambda: value(phone, entity) in (before, {**before, "title": "Reply"}), what="the undoing")
    refused(phone, 7, "undo", entity, "--if-version", "000000000000.1")

    laptop.cli("restore", entity, "sent")
    agents.wait_level(laptop, phone)
    for agent in (laptop, phone):
        agents.wait_for(lambda agent=agent: value(agent, entity) == value(agent, entity, "--at", "sent"),
                        what="the restored letter")
    laptop.cli("undo", entity)
    assert "🙂" in value(laptop, entity)["body"]
    laptop.cli("redo", entity)


def write_apart(laptop, phone):
    """Both change a letter at the same places while they do not hear of each other; the letter, and as the phone alone has it."""
    entity = laptop.call("entity.create", {"type": "letter", "value": {
        "title": "Letter", "draft": True, "body": {"$text": "Dear Ada, it rains."}, "to": ["Ada", "Ben"], "from": {"name": "C"}}})["entity"]
    agents.wait_level(laptop, phone)
    for agent in (laptop, phone):
        agent.call("sync.pause")
    change = lambda agent, name, more, start, end: agent.call("entity.update", {"entity": entity, "ops": [
        {"op": "put", "path": "/title", "value": f"{name}'s"}, {"op": "put", "path": "/to/1", "value": name},
        {"op": "put", "path": "/from/name", "value": name}, {"op": "text.remove", "path": "/body", "at": start, "count": end - start},
        {"op": "text.mark", "path": "/body", "at": 0, "count": 4, "key": "color", "value": name}, *more]})
    change(laptop, "laptop", [{"op": "put", "path": "/draft", "value": False}], 4, 10)
    change(phone, "phone", [{"op": "remove", "path": "/draft"}], 8, 13)
    apart = value(phone, entity)
    for agent in (laptop, phone):
        agent.call("sync.resume")
    agents.wait_level(laptop, phone)
    return entity, apart


def undo_apart(laptop, phone):
    """Undone is what one device did, and not what the other did to the same places at the same time."""
    for again in (True, False):
        entity, apart = write_apart(laptop, phone)
        open_conflicts = laptop.call("conflict.list", {"entity": entity})["conflicts"]
        assert len(open_conflicts) == 4, open_conflicts
        laptop.cli("undo", entity)
        assert value(laptop, entity) == apart, value(laptop, entity)
        assert laptop.call("conflict.list", {"entity": entity})["conflicts"] == []
        if again:
            laptop.cli("redo", entity)
            assert value(laptop, entity) == {"title": "laptop's", "draft": False, "body": "Dearrains.", "to": ["Ada", "laptop"],
                                             "from": {"name": "laptop"}}, value(laptop, entity)
            laptop.cli("undo", entity)
        agents.wait_level(laptop, phone)
        agents.wait_for(lambda: value(phone, entity) == apart, what="the undoing to arrive")
        phone.cli("undo", entity)
        back = value(phone, entity)
        # What the laptop wrote when it undid what it had redone is the laptop's.
        was = ("phone's", ["Ada", "phone"], {"name": "phone"}) if again else ("Letter", ["Ada", "Ben"], {"name": "C"})
        assert (back["title"], back["to"], back["from"]) == was, back

    assert "undo" in laptop.cli("rm", entity).stdout
    assert "is back" in laptop.cli("undo", entity).stdout
    assert "deleted again" in laptop.cli("redo", entity).stdout
    agents.wait_level(laptop, phone)
    agents.wait_for(lambda: cli_json(phone, "get", entity)["deleted"], what="the deletion to arrive")
    assert "syncline restore" in refused(phone, 5, "undo", entity)
    laptop.cli("undo", entity)
    laptop.cli("rm", entity)


def undo_over_restarts(laptop):
    """What was just undone, or just done under a key, is known after any end of the agent."""
    for end in (laptop.kill, laptop.stop):
        entity = laptop.call("entity.create", {"type": "letter", "value": {"title": "0", "read": {"$counter": 0}}})["entity"]
        for title in ("1", "2"):
            laptop.call("entity.update", {"entity": entity, "ops": [{"op": "put", "path": "/title", "value": title}]})
        laptop.call("entity.undo", {"entity": entity})
        end()
        laptop.start()
        laptop.unlock()
        laptop.call("entity.undo", {"entity": entity})
        assert value(laptop, entity)["title"] == "0", value(laptop, entity)
        once = {"entity": entity, "ops": [{"op": "counter.add", "path": "/read", "by": 1}], "idempotency_key": "read" + entity}
        laptop.call("entity.update", once)
        end()
        laptop.start()
        laptop.unlock()
        laptop.call("entity.update", once)
        assert value(laptop, entity)["read"] == 1, value(laptop, entity)
        laptop.cli("rm", entity)


def rebuild(laptop, phone, entity):
    """All that is shown follows from the log; what can be undone does not, and stays."""
    for agent in (laptop, phone):
        before = agent.call("entity.get", {"entity": entity, "annotated": True})
        findings = {row["check"]: row for row in cli_json(agent, "doctor", "--rebuild")["findings"]}
        assert findings["view"]["verdict"] == "good" and "equal" in findings["view"]["text"], findings["view"]
        assert agent.call("entity.get", {"entity": entity, "annotated": True}) == before
        answer = agent.call("system.rebuild")
        assert answer["equal"] and answer["unequal"] == [] and answer["entities"] == 4, answer
    laptop.cli("undo", entity)
    assert "🙂" in value(laptop, entity)["body"]
    laptop.cli("redo", entity)
    agents.wait_level(laptop, phone)
    phone.call("vault.lock")
    locked = phone.cli("doctor", "--rebuild", check=False)
    assert locked.returncode == 1 and "unlock" in locked.stdout, locked.stdout
    phone.unlock()


def main():
    with agents.place() as place:
        laptop, phone = place("laptop").start(), place("phone").start()
        laptop.init()
        agents.pair(laptop, phone)
        entity = write_together(laptop, phone)
        look_back(laptop, phone, entity)
        check_authors(laptop, phone, entity)
        cursors = keep_cursors(laptop, entity)
        for agent in (laptop, phone):
            agent.stop()
            agent.start()
            agent.unlock()
        laptop.call("sync.connect", {"address": phone.address})
        agents.wait_level(laptop, phone)
        check_authors(laptop, phone, entity)
        check_cursors(laptop, phone, entity, cursors)
        go_back(laptop, phone, entity)
        undo_apart(laptop, phone)
        rebuild(laptop, phone, entity)
        undo_over_restarts(laptop)
        laptop.stop()
        phone.stop()
    print("history: ok")


main()
