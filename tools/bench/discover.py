#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long two paired devices that are up need until they are connected, by each way of finding.

In network namespaces, with the real agents, avahi-daemon, a private DHT of 20 nodes and a real relay. Each round starts both
agents where no address that they remember is right; the time counts from the start of the second one's process. The limit is
the same with an address that is remembered and right. Needs root.
"""
import json
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "net"))
import dht_test  # noqa: E402
import hosts  # noqa: E402
import relay_test  # noqa: E402
from hosts import agents  # noqa: E402

ROUNDS = 7


def figure(case, values, limit=None):
    value = statistics.median(values) * 1000
    limit = limit if limit is None else statistics.median(limit) * 1000
    print(json.dumps({"bench": "discover", "case": case, "metric": "connected", "unit": "ms", "value": round(value, 1),
                      "limit": None if limit is None else round(limit, 1), "ratio": limit and round(value / limit, 2),
                      "slowest": round(max(values) * 1000, 1)}), flush=True)


def links(agent):
    return [link["address"] for device in agent.call("net.status")["devices"] for link in device["links"]]


def connected(those, prepare, before=lambda: None):
    """The time from the start of the second one to both being connected. `before` waits for what has to be there first."""
    for agent in those:
        agent.kill()
    prepare()
    first, second = those
    first.start()
    before()
    begun = time.monotonic()
    second.start()
    while not (links(first) and links(second)):
        if time.monotonic() - begun > 60:
            raise RuntimeError("not connected within a minute")
        time.sleep(0.002)
    return time.monotonic() - begun


def paired(a, b, address):
    a.start()
    b.start()
    a.init()
    a.address = a.address.replace("0.0.0.0", address)
    agents.pair(a, b)
    agents.wait_level(a, b)


def on_a_lan(world):
    net = world.bridge()
    desk = world.host("desk").join(net, "192.168.7.1/24").start_bus().start_avahi()
    sofa = world.host("sofa").join(net, "192.168.7.2/24").start_bus().start_avahi()
    a, b = desk.agent(listen=("0.0.0.0:4711",)), sofa.agent(listen=("0.0.0.0:4711",))
    paired(a, b, "192.168.7.1")
    known = [connected((a, b), lambda: None) for _ in range(ROUNDS)]
    figure("remembered", known)

    def elsewhere(number):
        for host, last in ((desk, 1), (sofa, 2)):
            host.ip("address", "flush", "dev", "eth0")
            host.ip("address", "add", f"10.9.{number}.{last}/24", "dev", "eth0")

    figure("lan", [connected((a, b), lambda number=number: elsewhere(number)) for number in range(ROUNDS)], known)
    return known


def by_relay(world, known):
    home, away = world.bridge("home"), world.bridge("away")
    relay = world.host("relay")
    relay.join(home, "10.1.0.1/24", "eth0").join(away, "10.2.0.1/24", "eth1")
    relay.ip("address", "add", f"{relay_test.RELAY}/32", "dev", "lo")
    desk, phone = world.host("office").join(home, "10.1.0.2/24"), world.host("phone").join(home, "10.1.0.3/24")
    for host in (desk, phone):
        host.ip("route", "add", "default", "via", "10.1.0.1")
    relay_test.start_relay(relay)
    a, b = desk.agent(listen=("0.0.0.0:0",), more=("--dht", "none")), phone.agent(listen=("0.0.0.0:0",), more=("--dht", "none"))
    paired(a, b, "10.1.0.2")
    a.call("net.relay", {"action": "add", "address": f"{relay_test.RELAY}:4460"})
    is_ready = lambda: agents.wait_for(lambda: a.call("net.status")["relays"][0]["state"] == "ready", 20, "the relay to be ready")
    is_ready()
    agents.wait_level(a, b)
    phone.move(away, "10.2.0.3/24", "10.2.0.1")
    agents.wait_for(lambda: links(a) and links(b) and relay_test.is_relayed(links(b)[0]), 40, "the devices to meet at the relay")
    figure("relay", [connected((a, b), lambda: None, is_ready) for _ in range(ROUNDS)], known)


def by_dht(world, known):
    nets = [world.bridge(name) for name in ("near", "far", "dht")]
    router = world.host("router")
    for number, net in enumerate(nets):
        router.join(net, f"10.{20 + number}.0.1/24", f"eth{number}")
    hosts.run("ip", "netns", "exec", router.space, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    swarm = world.host("swarm").join(nets[2], "10.22.0.2/24")
    swarm.ip("route", "add", "default", "via", "10.22.0.1")
    node = dht_test.start_swarm(swarm, "10.22.0.2")[0]
    desk, phone = world.host("lab").join(nets[0], "10.20.0.2/24"), world.host("laptop").join(nets[0], "10.20.0.3/24")
    for host in (desk, phone):
        host.ip("route", "add", "default", "via", "10.20.0.1")
    a, b = (host.agent(listen=("0.0.0.0:0",), more=("--dht", node)) for host in (desk, phone))
    paired(a, b, "10.20.0.2")
    phone.move(nets[1], "10.21.0.3/24", "10.21.0.1")
    is_published = lambda: agents.wait_for(lambda: dht_test.is_published(a), 60, "the device to be published")

    def move(number):
        desk.move(nets[0], f"10.20.0.{50 + number}/24", "10.20.0.1")

    figure("dht", [connected((a, b), lambda number=number: move(number), is_published) for number in range(ROUNDS)], known)


def story(world):
    known = on_a_lan(world)
    by_relay(world, known)
    by_dht(world, known)


if __name__ == "__main__":
    sys.exit(hosts.tell(story, "dbus-daemon", "avahi-daemon"))
