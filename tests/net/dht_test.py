#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two devices that both moved to other networks find each other by a DHT, with nothing typed.

dht_test.py relay: the only node of the DHT beside the devices is a relay.
"""
import subprocess
import sys
import time

import hosts
from hosts import agents

SWARM = agents.BIN.parent / "tests" / "dht_swarm"
NODES = 20


def paths(agent):
    return [link["address"] for device in agent.call("net.status")["devices"] for link in device["links"]]


def is_published(agent):
    return "published_s" in agent.call("net.status")["dht"]


def start_swarm(host, address):
    process = host.processes["swarm"] = subprocess.Popen(
        ["ip", "netns", "exec", host.space, str(SWARM), address, str(NODES)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    words = process.stdout.readline().decode().split()
    assert words[0] == "ready" and len(words) == NODES + 1, words
    return words[1:]


def start_relay(host, address):
    """A relay that is a node of a DHT of its own; nobody uses it as a relay."""
    process = host.spawn_reading("relay", str(agents.BIN / "syncline-relay"), "--listen", f"{address}:0", "--dht", f"{address}:0")
    for line in process.stdout:
        if line.startswith(b"ready dht "):
            return [line.decode().split()[2]]
    raise AssertionError("the relay did not start")


def story(world, start):
    """A router with three networks behind it; the DHT is in one of them."""
    nets = [world.bridge(name) for name in ("home", "away", "dht")]
    router = world.host("router")
    for number, net in enumerate(nets):
        router.join(net, f"10.{number}.0.1/24", f"eth{number}")
    hosts.run("ip", "netns", "exec", router.space, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    swarm = world.host("swarm").join(nets[2], "10.2.0.2/24")
    swarm.ip("route", "add", "default", "via", "10.2.0.1")
    node = start(swarm, "10.2.0.2")[0]

    desk, phone = world.host("desk").join(nets[0], "10.0.0.2/24"), world.host("phone").join(nets[0], "10.0.0.3/24")
    for host in (desk, phone):
        host.ip("route", "add", "default", "via", "10.0.0.1")
    a, b = desk.agent(listen=("0.0.0.0:0",), more=("--dht", node)), phone.agent(listen=("0.0.0.0:0",), more=("--dht", node))
    a.start()
    b.start()
    a.init()
    assert a.call("net.status")["dht"]["available"]
    a.address = a.address.replace("0.0.0.0", "10.0.0.2")
    agents.pair(a, b)
    note = a.call("entity.create", {"type": "note", "value": {"n": 0}})["entity"]
    agents.wait_level(a, b)
    for agent in (a, b):
        agents.wait_for(lambda: is_published(agent), 40, "the device to be published")

    # Both at once, so that neither address is known to the other any more; nothing says goodbye.
    begun = time.monotonic()
    for host in (desk, phone):
        host.ip("link", "set", "eth0", "down")
    phone.move(nets[1], "10.1.0.33/24", "10.1.0.1")
    desk.move(nets[0], "10.0.0.44/24", "10.0.0.1")
    agents.wait_for(lambda: any(path.startswith("10.1.0.33") for path in paths(a)) or
                    any(path.startswith("10.0.0.44") for path in paths(b)), 90, "the devices to find each other")
    print(f"found by the DHT {time.monotonic() - begun:.2f} s after both moved")
    a.call("entity.update", {"entity": note, "merge_patch": {"n": 1}})
    agents.wait_level(a, b)
    assert b.call("entity.get", {"entity": note})["value"] == {"n": 1}

    restarted(a, b, desk, nets)
    modes(a, b)


def restarted(a, b, desk, nets):
    """The one that looks has been published about all along: the time to find it is that of a look."""
    a.kill()
    b.kill()
    desk.move(nets[0], "10.0.0.55/24", "10.0.0.1")
    a.start()
    a.unlock()
    agents.wait_for(lambda: is_published(a), 40, "the device to be published")
    begun = time.monotonic()
    b.start()
    b.unlock()
    agents.wait_for(lambda: any(path.startswith("10.0.0.55") for path in paths(b)), 40, "the other device to be found")
    print(f"a device that was published is found {time.monotonic() - begun:.2f} s after the start")
    shown = b.cli("net").stdout
    assert "DHT" in shown, shown


def modes(a, b):
    """In lan-only nobody is asked, and what was asked before is closed."""
    b.call("net.mode", {"mode": "lan-only"})
    assert not is_published(b)
    agents.wait_for(lambda: "synclined" not in hosts.run("ip", "netns", "exec", b.wrapper[3], "ss", "-Haunp").stdout, 20,
                    "the last UDP socket to be closed")


if __name__ == "__main__":
    start = start_relay if sys.argv[1:] == ["relay"] else start_swarm
    sys.exit(hosts.tell(lambda world: story(world, start)))
