# SPDX-License-Identifier: Apache-2.0
"""A router for tests, as people have them at home: it translates addresses, and opens ports if asked.

Needs root and `nft`; with a gateway daemon also `miniupnpd`.
"""
import hosts

RULES = """table inet filter {{
  chain miniupnpd {{
  }}
  chain prerouting_miniupnpd {{
  }}
  chain postrouting_miniupnpd {{
  }}
  chain input {{
    type filter hook input priority 0; policy accept;
    iifname "wan0" ct state established,related accept
    {unasked}
  }}
  chain forward {{
    type filter hook forward priority 0; policy accept;
    {passes}
    jump miniupnpd
    iifname "wan0" ct state established,related accept
    iifname "wan0" ct status dnat accept
    iifname "wan0" drop
  }}
  chain prerouting {{
    type nat hook prerouting priority -100;
    jump prerouting_miniupnpd
  }}
  chain postrouting {{
    type nat hook postrouting priority 100;
    oifname "wan0" masquerade {how}
  }}
}}
"""
GATEWAY = """ext_ifname=wan0
ext_ip={outside}
listening_ip=lan0
port=0
http_port=0
enable_natpmp={natpmp}
enable_upnp={upnp}
secure_mode=yes
min_lifetime=60
max_lifetime=86400
lease_file={place}/leases
upnp_table_name=filter
upnp_nat_table_name=filter
upnp_forward_chain=miniupnpd
upnp_nat_chain=prerouting_miniupnpd
upnp_nat_postrouting_chain=postrouting_miniupnpd
system_uptime=yes
uuid=fc4ec57e-b051-11db-88f8-0060085db3f6
allow 1024-65535 0.0.0.0/0 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
"""


class Router:
    """`how` translates: "" keeps ports where it can, "fully-random" never. `drops`: what nobody asked for gets no answer.
    `only` is all that it lets out, as nft says it."""

    def __init__(self, world, name, lan, inside, wan, outside, *, how="", drops=True, only=""):
        self.host = world.host(name).join(lan, inside, "lan0").join(wan, outside, "wan0")
        self.outside = outside.split("/")[0]
        self.inside(["sysctl", "-qw", "net.ipv4.ip_forward=1"])
        hosts.run("ip", "netns", "exec", self.host.space, "nft", "-f", "-", input=RULES.format(how=how, unasked='iifname "wan0" drop' if drops else '',
                                                                                     passes=f'iifname "lan0" {only} drop' if only else ''),
                  env=self.host.environment())

    def inside(self, words):
        return hosts.run("ip", "netns", "exec", self.host.space, *words, env=self.host.environment()).stdout

    def start_gateway(self, *, natpmp="yes", upnp="yes"):
        config = self.host.place / "miniupnpd.conf"
        config.write_text(GATEWAY.format(outside=self.outside, place=self.host.place, natpmp=natpmp, upnp=upnp))
        self.host.spawn("gateway", "miniupnpd", "-d", "-f", str(config), "-P", str(self.host.place / "pid"),
                        env=self.host.environment())
        hosts.agents.wait_for(lambda: b"isten" in (self.host.place / "gateway.log").read_bytes(), 20, "the gateway to listen")

    def stop_gateway(self):
        self.host.kill("gateway")

    def opened(self, host):
        """The rules that pass something on from outside to this host."""
        return [line.strip() for line in self.inside(["nft", "list", "chain", "inet", "filter", "prerouting_miniupnpd"]).splitlines()
                if f"dnat ip to {host}:" in line]
