# SPDX-License-Identifier: Apache-2.0
"""An internet for tests: two providers, and three routers between them, so that a packet can end on its way.

`left` and `right` are networks whose hosts and routers have addresses of 45.83.1.0/24 and 45.83.2.0/24; in the
middle there is room for a relay.
"""
import hosts

RELAY = "45.83.9.2"


def gateway_of(side):
    return f"45.83.{side}.254"


class Internet:
    def __init__(self, world):
        self.left, self.right, self.middle = world.bridge("left"), world.bridge("right"), world.bridge("mid")
        ways = (world.bridge("way1"), world.bridge("way2"))
        core = world.host("core").join(self.middle, "45.83.9.254/24")
        forward(core)
        for side, (net, way) in enumerate(zip((self.left, self.right), ways), start=1):
            edge = world.host(f"edge{side}").join(net, f"{gateway_of(side)}/24", "lan0").join(way, f"45.84.{side}.1/24", "wan0")
            forward(edge)
            edge.ip("route", "add", "default", "via", f"45.84.{side}.2")
            core.join(way, f"45.84.{side}.2/24", f"eth{side}")
            core.ip("route", "add", f"45.83.{side}.0/24", "via", f"45.84.{side}.1")
        self.relay = world.host("relay").join(self.middle, f"{RELAY}/24")
        self.relay.ip("route", "add", "default", "via", "45.83.9.254")

    def nets(self):
        return (self.left, self.right)

    def start_relay(self, port=443):
        process = self.relay.spawn_reading("relay", str(hosts.agents.BIN / "syncline-relay"), "--listen", f"{RELAY}:{port}")
        line = process.stdout.readline()
        assert line.startswith(b"ready "), (self.relay.place / "relay.log").read_text()
        return f"{RELAY}:{port}"


def forward(host):
    hosts.run("ip", "netns", "exec", host.space, "sysctl", "-qw", "net.ipv4.ip_forward=1")
