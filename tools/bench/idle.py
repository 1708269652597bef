#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What two connected devices that do nothing cost, with every way of finding switched on: wake-ups, bytes, processor time.

In network namespaces, with the real agents, avahi-daemon, a private DHT of 20 nodes and a real relay.
Bytes are what the wire carries, headers included, both ways; what avahi-daemon itself sends is in them. Needs root.
SYNCLINE_BENCH_SECONDS sets how long it is watched (60).
"""
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "net"))
import dht_test  # noqa: E402
import hosts  # noqa: E402
import relay_test  # noqa: E402
from hosts import agents  # noqa: E402
from watching import process_of, wakeups  # noqa: E402

SECONDS = float(os.environ.get("SYNCLINE_BENCH_SECONDS", "60"))
SETTLE = 180.0  # by then the DHT node has gone to rest
# What is wanted of an agent with everything on.
WAKEUPS_MAX = 2
BYTES_MAX = 10


def figure(case, metric, unit, value, limit=None):
    print(json.dumps({"bench": "idle", "case": case, "metric": metric, "unit": unit, "value": round(value, 3), "limit": limit,
                      "ratio": None if limit is None else round(value / limit, 3)}), flush=True)


def carried(host):
    """Bytes on the wire of the host, by protocol as far as the kernel tells."""
    shown = json.loads(hosts.run("ip", "-j", "-s", "-n", host.space, "link", "show", "eth0").stdout)[0]["stats64"]
    return shown["rx"]["bytes"] + shown["tx"]["bytes"]


def watch(case, host, agent):
    pid = process_of(agent)
    time.sleep(SETTLE)
    (switches, busy), bytes_before, begun = wakeups(pid), carried(host), time.monotonic()
    time.sleep(SECONDS)
    took = time.monotonic() - begun
    (switches_after, busy_after), bytes_after = wakeups(pid), carried(host)
    figure(case, "wakeups", "1/s", (switches_after - switches) / took, WAKEUPS_MAX)
    figure(case, "traffic", "B/s", (bytes_after - bytes_before) / took, BYTES_MAX)
    figure(case, "cpu", "%", 100 * (busy_after - busy) / took)


def story(world):
    net = world.bridge()
    relay = world.host("relay").join(net, "10.1.0.1/24")
    relay.ip("address", "add", f"{relay_test.RELAY}/32", "dev", "lo")
    relay_test.start_relay(relay)
    node = dht_test.start_swarm(world.host("swarm").join(net, "10.1.0.2/24"), "10.1.0.2")[0]
    desk = world.host("desk").join(net, "10.1.0.3/24").start_bus().start_avahi()
    sofa = world.host("sofa").join(net, "10.1.0.4/24").start_bus().start_avahi()
    for host in (desk, sofa):
        host.ip("route", "add", "default", "via", "10.1.0.1")
    a, b = (host.agent(listen=("0.0.0.0:0",), more=("--dht", node)) for host in (desk, sofa))
    a.start()
    b.start()
    a.init()
    watch("alone", desk, a)
    a.address = a.address.replace("0.0.0.0", "10.1.0.3")
    a.call("net.relay", {"action": "add", "address": f"{relay_test.RELAY}:4460"})
    agents.pair(a, b)
    agents.wait_level(a, b)
    watch("connected", sofa, b)
    for mode in ("lan-only", "off"):
        for agent in (a, b):
            agent.call("net.mode", {"mode": mode})
        watch(mode, sofa, b)


if __name__ == "__main__":
    sys.exit(hosts.tell(story, "dbus-daemon", "avahi-daemon"))
