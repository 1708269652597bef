#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A device behind a home router is reached from the internet with no relay: the router opened a port when asked."""
import sys
import time

import hosts
from hosts import agents
from router import Router

OUTSIDE, DESK = "45.83.1.1", "192.168.7.1"


def mapping(agent):
    return agent.call("net.status").get("router", {})


def is_linked_at(agent, host):
    return any(link["address"].startswith(host + ":")
               for device in agent.call("net.status")["devices"] for link in device["links"])


def knows(agent, address):
    return any(each["address"] == address for device in agent.call("net.status")["devices"] for each in device["addresses"])


def story(world):
    home, internet = world.bridge("home"), world.bridge("net")
    router = Router(world, "router", home, "192.168.7.254/24", internet, f"{OUTSIDE}/24")
    desk, phone = world.host("desk").join(home, "192.168.7.1/24"), world.host("phone").join(home, "192.168.7.2/24")
    for host in (desk, phone):
        host.ip("route", "add", "default", "via", "192.168.7.254")
    router.start_gateway(upnp="no")
    a, b = desk.agent(listen=("0.0.0.0:0",)).start(), phone.agent(listen=("0.0.0.0:0",)).start()
    a.init()
    port = a.address.rsplit(":", 1)[1]
    a.address = f"192.168.7.1:{port}"
    agents.pair(a, b)
    mapped = agents.wait_for(lambda: mapping(a).get("address"), 20, "the router to open a port")
    assert mapped.startswith(OUTSIDE + ":"), mapped
    assert "NAT-PMP" in mapping(a)["sentence"], mapping(a)
    assert mapped in a.cli("net").stdout
    agents.wait_for(lambda: knows(b, mapped), 20, "the other device to hear of the port")

    begun = time.monotonic()
    phone.move(internet, "45.83.1.9/24", "45.83.1.254")
    agents.wait_for(lambda: is_linked_at(b, OUTSIDE), 20, "a path through the router")
    print(f"connected through the router's port {time.monotonic() - begun:.2f} s after the network changed")
    note = b.call("entity.create", {"type": "note", "value": {"from": "far away"}})["entity"]
    agents.wait_level(a, b)
    assert a.call("entity.get", {"entity": note})["value"] == {"from": "far away"}

    a.call("net.mode", {"mode": "lan-only"})
    agents.wait_for(lambda: not router.opened(DESK), 20, "the port to be closed in lan-only")
    assert not mapping(a).get("address"), mapping(a)
    a.call("net.mode", {"mode": "anywhere"})
    agents.wait_for(lambda: router.opened(DESK), 20, "the port to be open again")

    # Another router, which speaks the other protocol.
    router.stop_gateway()
    router.inside(["nft", "flush", "chain", "inet", "filter", "prerouting_miniupnpd"])
    router.start_gateway(natpmp="no")
    desk.ip("address", "add", "192.168.7.9/24", "dev", "eth0")
    agents.wait_for(lambda: "UPnP" in mapping(a).get("sentence", "") and router.opened(DESK), 30, "UPnP to be spoken")
    agents.wait_for(lambda: is_linked_at(b, OUTSIDE), 20, "the path through the router")
    a.stop()
    assert not router.opened(DESK), router.opened(DESK)


if __name__ == "__main__":
    sys.exit(hosts.tell(story, "nft", "miniupnpd"))
