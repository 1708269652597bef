#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two computers on one network find each other with nothing typed but the code, and again after every change."""
import sys
import time

import hosts
from hosts import agents


def is_linked(agent):
    return any(device["links"] for device in agent.call("net.status")["devices"])


def is_linked_at(agent, host):
    return any(link["address"].startswith(host + ":")
               for device in agent.call("net.status")["devices"] for link in device["links"])


def wait_linked(*those, what="the devices to be connected"):
    for agent in those:
        agents.wait_for(lambda: is_linked(agent), 20, what)


def pair_by_code(inviter, joiner):
    invite = inviter.call("pair.invite")
    joiner.call("pair.join", {"code": invite["code"], "device_name": joiner.name})
    agents.wait_for(lambda: inviter.call("pair.status")["phase"] == "confirming", 20, "the new device to appear")
    inviter.call("pair.confirm", {"accept": True})
    agents.wait_for(lambda: joiner.call("pair.status")["phase"] == "done", 20, "the join to be done")


def story(world):
    lan = world.bridge()
    one = world.host("desk").join(lan, "192.168.7.1/24").start_bus().start_avahi()
    two = world.host("sofa").join(lan, "192.168.7.2/24").start_bus().start_avahi()
    a, b = one.agent().start(), two.agent().start()
    a.init()
    begun = time.monotonic()
    pair_by_code(a, b)
    print(f"paired by the code alone in {time.monotonic() - begun:.2f} s")
    wait_linked(a, b)
    note = a.call("entity.create", {"type": "note", "value": {"title": "found"}})["entity"]
    agents.wait_level(a, b)

    new_addresses(one, two, a, b)
    cable(two, a, b)
    late_daemon(one, two, a, b)
    modes(a, b)
    assert b.call("entity.get", {"entity": note})["value"] == {"title": "found"}


def new_addresses(one, two, a, b):
    """Another place: none of the remembered addresses is right any more, and no link says goodbye."""
    begun = time.monotonic()
    for host, number in ((one, 1), (two, 2)):
        host.ip("address", "flush", "dev", "eth0")
        host.ip("address", "add", f"10.9.8.{number}/24", "dev", "eth0")
    agents.wait_for(lambda: is_linked_at(a, "10.9.8.2") and is_linked_at(b, "10.9.8.1"), 20,
                    "the devices to find each other at new addresses")
    print(f"found at new addresses in {time.monotonic() - begun:.2f} s")


def cable(two, a, b):
    """While the cable is out the other device is restarted, so that its old connection is dead."""
    two.pull_cable()
    a.kill()
    a.start()
    a.unlock()
    assert not is_linked(a)
    begun = time.monotonic()
    two.plug_cable()
    agents.wait_for(lambda: is_linked(a), 20, "the devices to be connected after the cable is in again")
    print(f"connected {time.monotonic() - begun:.2f} s after the cable was in")


def late_daemon(one, two, a, b):
    """The daemon goes and comes; both devices are on other ports and addresses when it is back."""
    for host in (one, two):
        host.stop("avahi")
    agents.wait_for(lambda: not a.call("net.status")["lan"]["works"], 20, "the daemon to be missed")
    assert "avahi-daemon" in a.call("net.status")["lan"]["sentence"]
    for agent in (a, b):
        agent.kill()
    for host, number in ((one, 1), (two, 2)):
        host.ip("address", "flush", "dev", "eth0")
        host.ip("address", "add", f"172.20.0.{number}/24", "dev", "eth0")
    for agent in (a, b):
        agent.start()
        agent.unlock()
    assert not is_linked(a) and not is_linked(b)
    begun = time.monotonic()
    for host in (one, two):
        host.start_avahi()
    wait_linked(a, b, what="the devices to find each other by the late daemon")
    print(f"found {time.monotonic() - begun:.2f} s after the daemon came")


def modes(a, b):
    shown = b.cli("net", "mode", "lan-only").stdout
    assert "lan-only" in shown, shown
    wait_linked(a, b, what="the devices to be connected in lan-only")
    try:
        b.call("sync.connect", {"address": "192.0.2.1:4711"})
        raise AssertionError("an address of the internet was taken in lan-only")
    except agents.RpcError as error:
        assert error.kind == "forbidden" and "lan-only" in str(error), error
    b.call("net.mode", {"mode": "off"})
    agents.wait_for(lambda: not is_linked(a), 20, "the network to be off")
    net = b.call("net.status")
    assert net["mode"] == "off" and not net["listening"] and not net["lan"]["announced"], net
    b.kill()
    b.start()
    assert b.call("net.status")["mode"] == "off", "the mode is kept over a restart"
    assert not is_linked(b)
    b.call("net.mode", {"mode": "anywhere"})
    b.unlock()
    wait_linked(a, b, what="the devices to be connected again")


if __name__ == "__main__":
    sys.exit(hosts.tell(story, "dbus-daemon", "avahi-daemon"))
