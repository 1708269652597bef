#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two devices without any direct path meet at a relay, and leave it as soon as there is one."""
import sys
import time

import hosts
from hosts import agents

RELAY = "198.51.100.7"


def paths(agent):
    return [link["address"] for device in agent.call("net.status")["devices"] for link in device["links"]]


def wait_path(what, matches, *those):
    for agent in those:
        agents.wait_for(lambda: any(matches(path) for path in paths(agent)), 40, what)


def is_relayed(path):
    return path.startswith("relay:")


def start_relay(host):
    """On every address of the host; the port that it says is used from then on."""
    process = host.spawn_reading("relay", str(agents.BIN / "syncline-relay"), "--listen", f"{RELAY}:4460")
    line = process.stdout.readline().decode()
    assert line.startswith("ready "), line


def story(world):
    home, away = world.bridge("home"), world.bridge("away")
    relay = world.host("relay")
    relay.join(home, "10.1.0.1/24", "eth0").join(away, "10.2.0.1/24", "eth1")
    relay.ip("address", "add", f"{RELAY}/32", "dev", "lo")
    desk, phone = world.host("desk").join(home, "10.1.0.2/24"), world.host("phone").join(home, "10.1.0.3/24")
    for host in (desk, phone):
        host.ip("route", "add", "default", "via", "10.1.0.1")
    start_relay(relay)

    a, b = desk.agent(listen=("0.0.0.0:0",)).start(), phone.agent(listen=("0.0.0.0:0",)).start()
    a.init()
    a.call("net.relay", {"action": "add", "address": f"{RELAY}:4460"})
    agents.wait_for(lambda: a.call("net.status")["relays"][0]["state"] == "ready", 20, "the relay to be ready")
    a.address = a.address.replace("0.0.0.0", "10.1.0.2")
    agents.pair(a, b)
    wait_path("a direct path at home", lambda path: not is_relayed(path), a, b)
    note = a.call("entity.create", {"type": "note", "value": {"n": 0}})["entity"]
    agents.wait_level(a, b)

    begun = time.monotonic()
    phone.move(away, "10.2.0.3/24", "10.2.0.1")
    wait_path("a path by the relay", is_relayed, b, a)
    print(f"connected by the relay {time.monotonic() - begun:.2f} s after the network changed")
    for number in range(1, 21):
        (a if number % 2 else b).call("entity.update", {"entity": note, "merge_patch": {"n": number}})
        agents.wait_level(a, b)
    assert a.call("entity.get", {"entity": note})["value"] == {"n": 20}
    shown = b.cli("net").stdout
    assert "relay" in shown, shown

    relay.kill("relay")
    agents.wait_for(lambda: not paths(a) and not paths(b), 40, "the end of the relayed link")
    a.call("entity.update", {"entity": note, "merge_patch": {"n": 21}})
    begun = time.monotonic()
    start_relay(relay)
    wait_path("a path by the relay again", is_relayed, a, b)
    agents.wait_level(a, b)
    print(f"connected again {time.monotonic() - begun:.2f} s after the relay was there again")

    begun = time.monotonic()
    phone.move(home, "10.1.0.3/24", "10.1.0.1")
    wait_path("a direct path again", lambda path: not is_relayed(path), a, b)
    agents.wait_for(lambda: not any(is_relayed(path) for path in paths(a) + paths(b)), 20, "the relay to be left")
    print(f"direct {time.monotonic() - begun:.2f} s after the way was free")
    agents.wait_level(a, b)
    assert b.call("entity.get", {"entity": note})["value"] == {"n": 21}

    a.call("net.relay", {"action": "remove", "address": f"{RELAY}:4460"})
    assert a.call("net.status")["relays"] == []


if __name__ == "__main__":
    sys.exit(hosts.tell(story))
