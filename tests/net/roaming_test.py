#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A laptop sleeps, wakes up elsewhere, changes from cable to Wi-Fi to a phone's network, and loses its name servers: it is
connected again by itself each time, and does not keep the processor busy while it cannot be."""
import os
import signal
import sys
import time

import hosts
from hosts import agents
from watching import process_of, wakeups

# Generous: a machine with two busy cores runs this, too. What it takes is printed.
PATIENCE = 20
# Of a device that has nowhere to go, per second: a loop that spins wakes up thousands of times.
WAKEUPS_MAX = 30
BUSY_MAX = 0.2
WATCHED = 4  # seconds


def links(agent):
    return [link["address"] for device in agent.call("net.status")["devices"] for link in device["links"]]


def exchange(a, b, note):
    """Both ways, over whatever link there is."""
    number = a.call("entity.get", {"entity": note})["value"]["n"] + 1
    a.call("entity.update", {"entity": note, "merge_patch": {"n": number}})
    agents.wait_for(lambda: b.call("entity.get", {"entity": note})["value"]["n"] == number, PATIENCE, "the change to arrive")


def wait_linked(laptop, desk, prefix, what):
    """From now on. The desk's end of the link tells where the laptop is."""
    begun = time.monotonic()
    agents.wait_for(lambda: links(laptop) and any(at.startswith(prefix) for at in links(desk)), PATIENCE, what)
    print(f"{what}: {time.monotonic() - begun:.2f} s")


def story(world):
    nets = {name: world.bridge(name) for name in ("cable", "wifi", "phone", "home")}
    router = world.host("router")
    for number, net in enumerate(nets.values()):
        router.join(net, f"10.{number}.0.1/24", f"net{number}")
    hosts.run("ip", "netns", "exec", router.space, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    desk_host, laptop_host = world.host("desk").join(nets["home"], "10.3.0.2/24"), world.host("laptop").join(nets["cable"], "10.0.0.2/24")
    desk_host.ip("route", "add", "default", "via", "10.3.0.1")
    laptop_host.ip("route", "add", "default", "via", "10.0.0.1")
    desk = desk_host.agent(listen=("0.0.0.0:0",), more=("--dht", "none")).start()
    laptop = laptop_host.agent(listen=("0.0.0.0:0",), more=("--dht", "none"))
    deaf = world.where / "resolv.conf"
    deaf.write_text("nameserver 192.0.2.53\noptions timeout:5 attempts:3\n")
    laptop.wrapper += ("unshare", "-m", "sh", "-c", f'mount --bind {deaf} /etc/resolv.conf && exec "$@"', "sh")
    laptop.start()
    desk.init()
    desk.address = desk.address.replace("0.0.0.0", "10.3.0.2")
    agents.pair(desk, laptop)
    note = desk.call("entity.create", {"type": "note", "value": {"n": 0}})["entity"]
    agents.wait_level(desk, laptop)

    changes(nets, laptop_host, laptop, desk, note)
    sleep_and_wake(nets, laptop_host, laptop, desk, note)
    nowhere(laptop_host, laptop, desk, note)
    no_names(nets, laptop_host, laptop, desk, note)


def changes(nets, host, laptop, desk, note):
    """The old way is cut without a word, and the new one is there at once, as a cable that is pulled beside Wi-Fi."""
    for number, name in ((1, "wifi"), (2, "phone"), (0, "cable")):
        host.ip("link", "delete", "eth0")
        host.join(nets[name], f"10.{number}.0.2/24")
        host.ip("route", "add", "default", "via", f"10.{number}.0.1")
        wait_linked(laptop, desk, f"10.{number}.0.2", f"connected after the change to {name}")
        exchange(desk, laptop, note)
        exchange(laptop, desk, note)


def sleep_and_wake(nets, host, laptop, desk, note):
    """Stopped as a machine that sleeps is: what changes meanwhile is found all at once on waking."""
    pid = process_of(laptop)
    os.kill(pid, signal.SIGSTOP)
    desk.call("entity.update", {"entity": note, "merge_patch": {"n": 100}})
    host.move(nets["wifi"], "10.1.0.77/24", "10.1.0.1")
    os.kill(pid, signal.SIGCONT)
    wait_linked(laptop, desk, "10.1.0.77", "connected after waking up elsewhere")
    agents.wait_for(lambda: laptop.call("entity.get", {"entity": note})["value"]["n"] == 100, PATIENCE, "the change made meanwhile")
    os.kill(pid, signal.SIGSTOP)
    desk.call("entity.update", {"entity": note, "merge_patch": {"n": 200}})
    os.kill(pid, signal.SIGCONT)
    agents.wait_for(lambda: laptop.call("entity.get", {"entity": note})["value"]["n"] == 200, PATIENCE, "the change made meanwhile")
    exchange(laptop, desk, note)
    calm(laptop, "after waking up")


def calm(agent, when):
    """Watched for a while in which nobody asks it anything."""
    pid = process_of(agent)
    before, busy = wakeups(pid)
    time.sleep(WATCHED)
    after, busy_after = wakeups(pid)
    rate, share = (after - before) / WATCHED, (busy_after - busy) / WATCHED
    print(f"{when}: {rate:.1f} wake-ups a second, {100 * share:.1f} % of a processor")
    assert rate < WAKEUPS_MAX and share < BUSY_MAX, (rate, share)


def nowhere(host, laptop, desk, note):
    """Without any network: tried again, more and more rarely, and at once when the way is free."""
    host.pull_cable()
    desk.call("net.mode", {"mode": "off"})
    desk.call("net.mode", {"mode": "anywhere"})
    agents.wait_for(lambda: not links(desk), PATIENCE, "the desk to have no link")
    laptop.call("net.mode", {"mode": "off"})
    laptop.call("net.mode", {"mode": "anywhere"})
    calm(laptop, "with nowhere to go")
    host.plug_cable()
    wait_linked(laptop, desk, "10.1.0.77", "connected after the cable was in again")
    agents.wait_level(desk, laptop)


def no_names(nets, host, laptop, desk, note):
    """A relay whose name nobody can look up delays nothing, and is told."""
    laptop.call("net.relay", {"action": "add", "address": "relay.example:4460"})
    host.move(nets["phone"], "10.2.0.5/24", "10.2.0.1")
    wait_linked(laptop, desk, "10.2.0.5", "connected without name servers")
    begun = time.monotonic()
    exchange(laptop, desk, note)
    laptop.call("net.status")
    assert time.monotonic() - begun < PATIENCE / 2
    agents.wait_for(lambda: laptop.call("net.status")["relays"][0]["state"] != "ready", PATIENCE, "the relay to be missed")
    laptop.call("net.relay", {"action": "remove", "address": "relay.example:4460"})


if __name__ == "__main__":
    sys.exit(hosts.tell(story))
