#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two devices behind routers that let nobody in: where routers keep ports they end up connected directly, and where they
do not, the relay goes on carrying everything after a few tries."""
import sys
import time

import hosts
from hosts import agents
from internet import Internet, gateway_of
from router import Router

HOLE_PATIENCE = 40


def device_of(agent):
    return agent.call("net.status")["devices"][0]


def links(agent):
    return device_of(agent)["links"]


def is_relayed(agent):
    return any(link["address"].startswith("relay:") for link in links(agent))


def is_punched(agent):
    return any(link["punched"] for link in links(agent))


def tries(agent):
    return device_of(agent).get("punch", {}).get("rounds", 0)


class Side:
    """A device that was at home with the other one, and then is behind a router of its own."""

    def __init__(self, world, net, number):
        self.world, self.net, self.number, self.count = world, net, number, 0
        self.host = world.host(f"dev{number}")

    def go_behind(self, **kind):
        self.count += 1
        lan = self.world.bridge("lan")
        outside = f"45.83.{self.number}.{self.count}"
        inside = f"192.168.{self.number * 20 + self.count}"
        router = Router(self.world, f"r{self.number}x{self.count}", lan, f"{inside}.254/24", self.net, f"{outside}/24", **kind)
        router.host.ip("route", "add", "default", "via", gateway_of(self.number))
        self.host.move(lan, f"{inside}.1/24", f"{inside}.254")
        return outside


def both_write(a, b, note, times):
    for number in range(times):
        for agent in (a, b):
            agent.call("entity.update", {"entity": note, "ops": [{"op": "counter.add", "path": "/n", "by": 1}]})
    agents.wait_level(a, b)


def value(agent, note):
    return agent.call("entity.get", {"entity": note})["value"]["n"]


def story(world):
    internet = Internet(world)
    relay = internet.start_relay()
    sides = [Side(world, net, number) for number, net in enumerate(internet.nets(), start=1)]
    home = world.bridge("home")
    for side in sides:
        side.host.join(home, f"10.1.0.{side.number}/24")
    a, b = (side.host.agent(listen=("0.0.0.0:0",)).start() for side in sides)
    a.init()
    a.call("net.relay", {"action": "add", "address": relay})
    a.address = a.address.replace("0.0.0.0", "10.1.0.1")
    agents.pair(a, b)
    b.call("net.relay", {"action": "add", "address": relay})
    note = a.call("entity.create", {"type": "note", "value": {"n": {"$counter": 0}}})["entity"]
    agents.wait_level(a, b)
    written = 0

    for name, kind in (("that keep ports and are silent", {}), ("that keep ports and refuse", {"drops": False})):
        outside = [side.go_behind(**kind) for side in sides]
        begun = time.monotonic()
        agents.wait_for(lambda: links(a) and links(b), 40, "a path")
        first = time.monotonic() - begun
        # While the path changes under them.
        both_write(a, b, note, 20)
        written += 40
        for agent in (a, b):
            agents.wait_for(lambda: is_punched(agent) and not is_relayed(agent), HOLE_PATIENCE, f"a hole between routers {name}")
        print(f"behind routers {name}: by the relay {first:.2f} s, through a hole {time.monotonic() - begun:.2f} s after the network changed")
        assert any(link["address"].startswith(outside[1] + ":") for link in links(a)), links(a)
        both_write(a, b, note, 5)
        written += 10
        assert value(a, note) == value(b, note) == written, (value(a, note), value(b, note), written)
        shown = a.cli("net").stdout
        assert "direct (punched)" in shown and "keeps ports" in shown, shown
        assert not any(address["address"].startswith(outside[1] + ":") for address in device_of(a)["addresses"]), "remembered a hole"

    # Nowhere else is anything punched.
    a.call("net.mode", {"mode": "lan-only"})
    agents.wait_for(lambda: not links(a) and not links(b), 40, "the end of the link")
    assert "punch" not in device_of(a), device_of(a)
    a.call("net.mode", {"mode": "anywhere"})
    agents.wait_for(lambda: is_punched(a) and is_punched(b), HOLE_PATIENCE, "the hole again")

    for side in sides:
        side.go_behind(how="fully-random")
    agents.wait_for(lambda: is_relayed(a) and is_relayed(b), 40, "a path by the relay")
    both_write(a, b, note, 5)
    written += 10
    agents.wait_for(lambda: tries(a) >= 2 or tries(b) >= 2, 60, "two tries")
    assert is_relayed(a) and not is_punched(a) and is_relayed(b) and not is_punched(b)
    both_write(a, b, note, 5)
    written += 10
    assert value(a, note) == value(b, note) == written
    shown = a.cli("net").stdout
    assert "hole punching" in shown and "failed" in shown, shown
    print(shown)


if __name__ == "__main__":
    sys.exit(hosts.tell(story, "nft"))
