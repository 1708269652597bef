#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two people in one note: typing is seen while it happens, becomes a change, and carries bold and links with it."""
import contextlib

import agents


def body(agent, entity):
    return agent.call("entity.get", {"entity": entity, "path": "/body"})["value"]


def marks(agent, entity, **params):
    notes = agent.call("entity.get", {"entity": entity, "annotated": True, **params})["notes"]
    return next(note for note in notes if note["path"] == "/body").get("marks", [])


def versions(agent, entity):
    return len(agent.call("entity.history", {"entity": entity})["versions"])


def follow(rpc, sub, wanted, what):
    """Long polls until a preview looks as wanted."""
    for _ in range(20):
        answer = rpc.call("events.poll", {"sub": sub, "wait_ms": 5000})
        for row in answer.get("ephemeral", []):
            if row["kind"] == "preview" and wanted(row):
                return row
        rpc.call("sub.ack", {"sub": sub, "cursor": answer["cursor"]})
    raise AssertionError(f"{what} did not come")


def refused(agent, method, params, words):
    try:
        agent.call(method, params)
    except agents.RpcError as error:
        assert words in str(error), error
        return
    raise AssertionError(f"{method} was not refused")


def type_word(agent, entity, at, word):
    for offset, letter in enumerate(word):
        answer = agent.call("text.type", {"entity": entity, "path": "/body", "at": at + offset, "insert": letter})
        assert answer["waiting"] is True, answer


def seen_while_typing(laptop, phone, entity):
    before = versions(phone, entity)
    with contextlib.closing(phone.rpc()) as reader:
        sub = reader.call("sub.open", {"entity": entity, "ephemeral": True})["sub"]
        type_word(laptop, entity, 4, "quick ")
        row = follow(reader, sub, lambda row: not row["gone"] and len(row["ops"]) > 0, "a preview")
        assert row["device_name"] == "laptop" and row["ops"][0]["path"] == "/body", row
        # Nobody asks for it: it becomes a change by itself.
        follow(reader, sub, lambda row: row["gone"], "the end of the preview")
    agents.wait_level(laptop, phone)
    assert body(phone, entity) == "The quick fox jumped.", body(phone, entity)
    assert versions(phone, entity) == before + 1
    laptop.call("entity.undo", {"entity": entity})
    assert body(laptop, entity) == "The fox jumped.", "one undo takes back one burst of typing"
    laptop.call("entity.redo", {"entity": entity})


def kept_over_a_kill(laptop, entity):
    type_word(laptop, entity, 0, ">> ")
    laptop.kill()
    laptop.start()
    laptop.unlock()
    assert body(laptop, entity) == ">> The quick fox jumped.", body(laptop, entity)
    laptop.call("entity.update", {"entity": entity, "ops": [{"op": "text.remove", "path": "/body", "at": 0, "count": 3}]})


def kept_when_all_of_it_is_new(laptop):
    """The entity, too, is younger than what is written of it beside the log."""
    for end in (laptop.kill, laptop.stop):
        entity = laptop.call("entity.create", {"type": "note", "value": {"body": {"$text": "abc"}}})["entity"]
        laptop.call("text.type", {"entity": entity, "path": "/body", "at": 3, "insert": "Z"})
        end()
        laptop.start()
        laptop.unlock()
        assert body(laptop, entity) == "abcZ", body(laptop, entity)
        assert laptop.call("system.status")["attention"] == []


def marked(laptop, phone, entity):
    mark = {"op": "text.mark", "path": "/body"}
    laptop.call("entity.update", {"entity": entity, "ops": [
        {**mark, "at": 4, "count": 9, "key": "bold", "value": True},
        {**mark, "at": 14, "count": 6, "key": "link", "value": "https://example.org", "grows": "none"}]})
    agents.wait_level(laptop, phone)
    for agent in (laptop, phone):
        agent.call("sync.pause")
    laptop.call("text.type", {"entity": entity, "path": "/body", "at": 0, "remove": 4})
    laptop.call("text.flush", {"entity": entity})
    phone.call("entity.update", {"entity": entity, "ops": [
        {**mark, "at": 10, "count": 3, "key": "colour", "value": "red"},
        {"op": "text.insert", "path": "/body", "at": 13, "text": "es"}]})
    laptop.call("entity.update", {"entity": entity, "ops": [
        {**mark, "at": 6, "count": 3, "key": "colour", "value": "blue"}]})
    for agent in (laptop, phone):
        agent.call("sync.resume")
    agents.wait_level(laptop, phone)
    assert body(laptop, entity) == body(phone, entity) == "quick foxes jumped."
    found = marks(laptop, entity)
    assert found == marks(phone, entity), found
    by_key = {}
    for each in found:
        by_key.setdefault(each["key"], []).append(each)
    assert [(each["from"], each["to"]) for each in by_key["bold"]] == [(0, 11)], found
    assert [(each["from"], each["to"]) for each in by_key["link"]] == [(12, 18)], found
    both = next(each for each in by_key["colour"] if "others" in each)
    assert {both["value"], *both["others"]} == {"red", "blue"} and (both["from"], both["to"]) == (6, 11), found
    # Whoever knows both settles it; null takes a mark back.
    laptop.call("entity.update", {"entity": entity, "ops": [
        {**mark, "at": 0, "count": 19, "key": "colour", "value": "green"},
        {**mark, "at": 0, "count": 6, "key": "bold", "value": None}]})
    agents.wait_level(laptop, phone)
    found = marks(phone, entity)
    assert {"from": 6, "to": 11, "key": "bold", "value": True, "grows": "end"} in found, found
    assert {"from": 0, "to": 19, "key": "colour", "value": "green", "grows": "end"} in found, found


def copied(laptop, phone, entity):
    """What was read annotated makes the same document again; a difference tells what was marked since."""
    units = {"positions": "utf16"}
    value = laptop.call("entity.get", {"entity": entity, "annotated": True, **units})["value"]
    copy = laptop.call("entity.create", {"type": "note", "value": value, **units})
    agents.wait_level(laptop, phone)
    assert marks(phone, copy["entity"]) == marks(phone, entity), marks(phone, copy["entity"])
    phone.call("entity.update", {"entity": copy["entity"], "ops": [
        {"op": "text.mark", "path": "/body", "at": 6, "count": 5, "key": "bold", "value": "very"}]})
    changes = phone.call("entity.diff", {"entity": copy["entity"], "from": copy["version"], **units})["changes"]
    assert changes == [{"op": "mark", "path": "/body", "from": 6, "to": 11, "key": "bold", "was": True, "value": "very"}], changes


def bad_input(laptop, entity):
    place = {"entity": entity, "path": "/body"}
    refused(laptop, "text.type", {**place, "at": 99, "insert": "x"}, "the text has 19 Unicode")
    refused(laptop, "text.type", {**place, "at": 0}, "nothing was typed")
    refused(laptop, "text.type", {"entity": entity, "path": "/title", "at": 0, "insert": "x"}, "no text is at /title")
    refused(laptop, "entity.update", {"entity": entity, "ops": [
        {"op": "text.mark", "path": "/body", "at": 0, "count": 1, "key": "bold", "value": {}}]}, "value")
    assert body(laptop, entity) == "quick foxes jumped."


def main():
    with agents.place() as place:
        laptop, phone = place("laptop").start(), place("phone").start()
        laptop.init()
        agents.pair(laptop, phone)
        entity = laptop.call("entity.create", {"type": "note", "value": {
            "title": "Fox", "body": {"$text": "The fox jumped."}}})["entity"]
        agents.wait_level(laptop, phone)
        seen_while_typing(laptop, phone, entity)
        print("typing was shown, and became one change that one undo takes back")
        kept_over_a_kill(laptop, entity)
        kept_when_all_of_it_is_new(laptop)
        agents.wait_level(laptop, phone)
        print("a killed agent lost nothing of it")
        marked(laptop, phone, entity)
        print("marks followed their text, and both colours were kept until somebody chose")
        copied(laptop, phone, entity)
        print("a copy has the same marks")
        bad_input(laptop, entity)
        print("bad input was refused with the place")


if __name__ == "__main__":
    main()
