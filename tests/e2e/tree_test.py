#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An outline on two devices: chapters are moved about by both at once, and no one is lost or doubled."""
import agents

OUTLINE = {
    "title": "A book",
    "chapters": {"$tree": [
        {"id": "start", "value": {"title": {"$text": "Start"}}},
        {"id": "middle", "value": {"title": {"$text": "Middle"}}},
        {"id": "detail", "parent": "middle", "value": {"title": {"$text": "Detail"}}},
        {"id": "end", "value": {"title": {"$text": "End"}}}]},
    "todo": [{"t": "write"}, {"t": "read"}, {"t": "print"}],
}


def move(node, **where):
    return {"op": "tree.move", "path": "/chapters", "id": node, **where}


def update(agent, entity, *ops):
    return agent.call("entity.update", {"entity": entity, "ops": list(ops)})


def read(agent, entity, **params):
    return agent.call("entity.get", {"entity": entity, **params})["value"]


def outline(agent, entity, parent=None):
    """A node by its id, and a list of what is below it after it."""
    rows = read(agent, entity)["chapters"]

    def below(parent):
        found = []
        for row in rows:
            if row["parent"] == parent:
                inside = below(row["id"])
                found.append([row["id"], inside] if inside else row["id"])
        return found

    return below(parent)


def conflicts(agent, entity):
    return agent.call("conflict.list", {"entity": entity})["conflicts"]


def refused(agent, entity, kind, words, *ops):
    try:
        update(agent, entity, *ops)
    except agents.RpcError as error:
        assert error.kind == kind and words in str(error), error
        return
    raise AssertionError(f"{ops} was not refused")


def apart(laptop, phone, entity, here, there):
    for agent in (laptop, phone):
        agent.call("sync.pause")
    update(laptop, entity, *here)
    update(phone, entity, *there)
    for agent in (laptop, phone):
        agent.call("sync.resume")
    agents.wait_level(laptop, phone)
    agents.wait_for(lambda: read(laptop, entity) == read(phone, entity), what="both to be equal")
    assert conflicts(laptop, entity) == conflicts(phone, entity)


def check_one_device(laptop, phone, entity):
    made = update(laptop, entity,
                  {"op": "tree.insert", "path": "/chapters", "parent": "middle", "at": "first",
                   "value": {"title": {"$text": "New"}}},
                  move("end", after="start"))["made"]
    assert len(made) == 1
    agents.wait_level(laptop, phone)
    wanted = ["start", "end", ["middle", [made[0], "detail"]]]
    agents.wait_for(lambda: outline(phone, entity) == wanted, what="the outline")
    assert phone.cli("get", entity, f"chapters/~3{made[0]}/title").stdout == "New\n"
    update(phone, entity, {"op": "tree.remove", "path": "/chapters", "id": made[0]})
    refused(phone, entity, "invalid", "has no node", move(made[0], at="first"))
    refused(phone, entity, "invalid", "cannot be moved below itself", move("middle", parent="detail"))
    refused(phone, entity, "already_exists", "tree.move", {"op": "tree.insert", "path": "/chapters", "id": "end"})
    agents.wait_level(laptop, phone)
    agents.wait_for(lambda: outline(laptop, entity) == ["start", "end", ["middle", ["detail"]]], what="the removal")


def check_same_node(laptop, phone, entity):
    """Both move the same chapter, and one writes into it: it is at one place, whole, and the other is told."""
    apart(laptop, phone, entity,
          [move("detail", parent="start")],
          [move("detail", parent="end"),
           {"op": "text.insert", "path": "/chapters/~3detail/title", "at": 6, "text": "s"}])
    assert read(laptop, entity, path="/chapters/~3detail") == {"title": "Details"}
    conflict, = conflicts(phone, entity)
    assert conflict["kind"] == "move_lost" and conflict["path"] == "/chapters/~3detail", conflict
    places = {side["device_name"]: side["value"] for side in conflict["values"]}
    assert places == {"laptop": {"parent": "start", "index": 0}, "phone": {"parent": "end", "index": 0}}, places
    shown = phone.cli("conflicts").stdout
    assert "moved to several places" in shown and 'below "start", place 0' in shown, shown
    choice = [side["device_name"] for side in conflict["values"]].index("laptop")
    phone.cli("conflicts", "resolve", entity, "chapters/~3detail", str(choice))
    agents.wait_level(laptop, phone)
    agents.wait_for(lambda: not conflicts(laptop, entity), what="the decision to arrive")
    for agent in (laptop, phone):
        assert outline(agent, entity) == [["start", ["detail"]], "end", "middle"]
        assert agent.cli("conflicts").stdout == "No conflicts.\n"


def check_circle(laptop, phone, entity):
    """Each puts its chapter below the other's: one of the moves is done, and nothing is lost."""
    apart(laptop, phone, entity, [move("end", parent="middle")], [move("middle", parent="end")])
    found = outline(laptop, entity)
    assert found in ([["start", ["detail"]], ["middle", ["end"]]],
                     [["start", ["detail"]], ["end", ["middle"]]]), found
    conflict, = conflicts(laptop, entity)
    assert conflict["kind"] == "move_lost"
    laptop.call("conflict.resolve", {"entity": entity, "path": conflict["path"], "choose": 0})
    agents.wait_level(laptop, phone)
    agents.wait_for(lambda: not conflicts(phone, entity), what="the decision to arrive")
    assert outline(phone, entity) == found


def check_list(laptop, phone, entity):
    """An item that both move is there once, with what was written into it meanwhile."""
    apart(laptop, phone, entity,
          [{"op": "list.move", "path": "/todo", "from": 0, "to": 2}],
          [{"op": "set", "path": "/todo/0/done", "value": True},
           {"op": "list.move", "path": "/todo", "from": 0, "to": 1}])
    items = read(laptop, entity)["todo"]
    assert sorted(item["t"] for item in items) == ["print", "read", "write"], items
    place = [item["t"] for item in items].index("write")
    assert items[place] == {"t": "write", "done": True}
    conflict, = conflicts(laptop, entity)
    assert conflict["path"] == f"/todo/{place}" and conflict["kind"] == "move_lost", conflict
    wanted = conflict["values"][1]["value"]["index"]
    laptop.call("conflict.resolve", {"entity": entity, "path": conflict["path"], "choose": 1})
    agents.wait_level(laptop, phone)
    agents.wait_for(lambda: not conflicts(phone, entity), what="the decision to arrive")
    assert read(phone, entity)["todo"][wanted]["t"] == "write"


def check_restart(laptop, phone, entity):
    before = read(laptop, entity, annotated=True)
    laptop.stop()
    laptop.start()
    laptop.unlock()
    assert read(laptop, entity, annotated=True) == before
    assert read(phone, entity, annotated=True) == before


def main():
    with agents.place() as place:
        laptop, phone = place("laptop").start(), place("phone").start()
        laptop.init()
        agents.pair(laptop, phone)
        entity = laptop.call("entity.create", {"type": "book", "value": OUTLINE})["entity"]
        agents.wait_level(laptop, phone)
        check_one_device(laptop, phone, entity)
        check_same_node(laptop, phone, entity)
        check_circle(laptop, phone, entity)
        check_list(laptop, phone, entity)
        check_restart(laptop, phone, entity)
        laptop.stop()
        phone.stop()
    print("tree: ok")


main()
