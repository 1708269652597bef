#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What leaves a computer: nothing that names anybody, in lan-only nothing beyond the LAN, in off nothing at all."""
import base64
import ipaddress
import sys

import hosts
from capture import Capture
from hosts import agents
from lan_test import pair_by_code, wait_linked

NODE = "198.51.100.9"
SECRETS = {"type": "org.example.diary", "title": "Quokka at the jacaranda", "key": "marginalia"}
NEAR = [ipaddress.ip_network(each) for each in
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fe80::/10", "fc00::/7",
         "224.0.0.251/32", "ff02::/16")]


def spellings(words):
    """As text, and what a careless format would make of it."""
    out = []
    for word in words:
        raw = word.encode()
        out += [raw, word.encode("utf-16-le"), base64.b64encode(raw)[:-4] or raw, raw.hex().encode()]
    return out


def spellings_of_ids(ids):
    out = []
    for each in ids:
        raw = bytes.fromhex(each)
        out += [raw, raw[:8], each.encode(), each.upper().encode(), base64.b64encode(raw)[:16]]
    return out


def ids_in(value):
    """Every id that an answer shows: what names something for good."""
    if isinstance(value, dict):
        return {one for each in value.values() for one in ids_in(each)}
    if isinstance(value, list):
        return {one for each in value for one in ids_in(each)}
    if isinstance(value, str) and len(value) >= 32 and all(c in "0123456789abcdef" for c in value):
        return {value[: len(value) // 2 * 2]}
    return set()


def write(agent):
    made = agent.call("entity.create", {"type": SECRETS["type"],
                                        "value": {SECRETS["key"]: SECRETS["title"], "body": {"$text": SECRETS["title"]}}})
    return made["entity"]


def story(world):
    lan = world.bridge()
    router = world.host("router").join(lan, "192.168.7.254/24")
    one = world.host("desk").join(lan, "192.168.7.1/24").start_bus().start_avahi()
    two = world.host("sofa").join(lan, "192.168.7.2/24").start_bus().start_avahi()
    for host in (one, two):
        host.ip("route", "add", "default", "via", "192.168.7.254")
    # With everything on: a relay is added below, and this node of a DHT never answers.
    a, b = one.agent(more=("--dht", f"{NODE}:6881")), two.agent(more=("--dht", f"{NODE}:6881"))
    a.name, b.name = "Zephyrine-Laptop", "Balthasar-Phone"
    nothing_named(one, two, a, b)
    lan_only(two, router, a, b)
    off(two, a, b)


def nothing_named(one, two, a, b):
    with Capture(one) as seen:
        a.start()
        b.start()
        a.init()
        pair_by_code(a, b)
        wait_linked(a, b)
        entity = write(a)
        agents.wait_level(a, b)
        for number in range(20):
            b.call("text.type", {"entity": entity, "path": "/body", "at": number, "insert": "x"})
        b.call("presence.set", {"entity": entity, "value": {"name": SECRETS["title"]}})
        agents.wait_level(a, b)
        for host in (one, two):  # the announcements change, the link is made anew
            host.ip("address", "add", "10.9.8.1/24" if host is one else "10.9.8.2/24", "dev", "eth0")
        b.kill()
        b.start()
        b.unlock()
        wait_linked(a, b)
        agents.wait_level(a, b)
        agents.wait_for(lambda: any(str(packet.destination) == NODE for packet in seen.sent), 60, "the DHT to be asked")
    # The search would find something: what must be there is.
    assert seen.find(b"_syncline"), "no announcement was captured"
    assert len(seen.packets) > 100, len(seen.packets)
    ids = ids_in([a.call("system.status"), b.call("system.status"), a.call("device.list"), a.call("space.list")]) | {entity}
    assert len(ids) >= 4, ids
    words = [a.name, b.name, *SECRETS.values()]
    for needle in spellings(words) + spellings_of_ids(ids):
        found = seen.find(needle)
        assert not found, f"{needle!r} is in {found[0]}"
    print(f"{len(seen.packets)} packets of pairing and sync name nobody: {len(ids)} ids and {len(words)} names looked for")


def lan_only(two, router, a, b):
    for agent in (a, b):
        agent.call("net.mode", {"mode": "lan-only"})
    with Capture(two) as seen:
        b.call("net.relay", {"action": "add", "address": "198.51.100.7:4460"})
        try:
            b.call("sync.connect", {"address": "203.0.113.9:4711"})
            raise AssertionError("a public address was taken")
        except agents.RpcError:
            pass
        b.kill()
        b.start()
        b.unlock()
        wait_linked(a, b, what="the devices to be connected in lan-only")
        write(b)
        agents.wait_level(a, b)
        a.stop()
        write(b)
        a.start()
        a.unlock()
        wait_linked(a, b)
        agents.wait_level(a, b)
    far = [packet for packet in seen.sent
           if packet.destination and not any(packet.destination in near for near in NEAR)]
    assert not far, far[:3]
    assert len(seen.sent) > 20, len(seen.sent)
    print(f"{len(seen.sent)} packets sent in lan-only, none beyond the LAN")
    with Capture(router) as passed:  # the same search finds what does go out
        two.spawn("knock", sys.executable, "-c",
                  "import socket; socket.socket(2, 2).sendto(b'x', ('198.51.100.7', 9))")
        agents.wait_for(lambda: passed.packets and any(str(p.destination) == "198.51.100.7" for p in passed.packets), 20,
                        "a packet that goes out to be seen")


def off(two, a, b):
    a.stop()
    two.stop("avahi")  # it announces its own host
    b.call("net.mode", {"mode": "off"})
    agents.wait_for(lambda: not b.call("net.status")["listening"], 20, "the network to be off")
    with Capture(two) as seen:
        for _ in range(50):
            write(b)
        b.kill()
        b.start()
        b.unlock()
        for _ in range(50):
            write(b)
        two.ip("address", "add", "10.77.0.2/24", "dev", "eth0")  # other networks are no reason to look around
        write(b)
        b.stop()
    said = [packet for packet in seen.sent if not packet.is_of_the_kernel]
    assert not said, said[:3]
    print(f"off sends nothing ({len(seen.sent)} packets of the kernel's own)")


if __name__ == "__main__":
    sys.exit(hosts.tell(story, "dbus-daemon", "avahi-daemon"))
