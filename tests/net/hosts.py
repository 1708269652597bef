# SPDX-License-Identifier: Apache-2.0
"""Computers for tests: each a network namespace of its own, joined by bridges that tests make.

A host can have a system bus and an avahi-daemon of its own, as real ones do. Needs root and
`ip`; where that is missing, available() says why and the test says so.
"""
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import agents  # noqa: E402

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/>
<allow send_type="signal"/><allow send_type="method_return"/><allow send_type="error"/>
<allow receive_type="method_call"/><allow receive_type="signal"/><allow receive_type="method_return"/>
<allow receive_type="error"/></policy></busconfig>"""
AVAHI = """[server]
host-name={name}
use-ipv4=yes
use-ipv6=yes
enable-dbus=yes
ratelimit-interval-usec=1000000
ratelimit-burst=1000
[publish]
publish-workstation=no
publish-hinfo=no
"""


def run(*words, check=True, **options):
    done = subprocess.run(words, capture_output=True, text=True, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done


def available(*programs):
    """Nothing, or why hosts cannot be made here."""
    for program in ("ip", *programs):
        if shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None:
            return f"{program} is not installed"
    name = f"sl{os.getpid()}x"
    made = run("ip", "netns", "add", name, check=False)
    if made.returncode != 0:
        return "network namespaces cannot be made: " + made.stderr.strip()
    run("ip", "netns", "del", name)
    return None


class Bridge:
    """A local network: a switch in a namespace of its own."""

    def __init__(self, world, name):
        self.world = world
        self.space = world.space(name)
        self.ip("link", "add", "br0", "type", "bridge", "forward_delay", "0")
        self.ip("link", "set", "br0", "up")

    def ip(self, *words):
        run("ip", "-n", self.space, *words)


class Host:
    def __init__(self, world, name):
        self.world = world
        self.name = name
        self.space = world.space(name)
        self.place = world.where / name
        self.place.mkdir()
        self.bus_path = self.place / "bus"
        self.processes = {}
        self.ip("link", "set", "lo", "up")

    def ip(self, *words):
        run("ip", "-n", self.space, *words)

    def join(self, bridge, address, device="eth0"):
        """A cable from this host to a bridge."""
        port = self.world.name("p")
        self.ip("link", "add", device, "type", "veth")  # its other end is called veth0
        self.ip("link", "set", "veth0", "name", port)
        self.ip("link", "set", port, "netns", bridge.space)
        bridge.ip("link", "set", port, "master", "br0")
        bridge.ip("link", "set", port, "up")
        self.ip("address", "add", address, "dev", device)
        self.ip("link", "set", device, "up")
        self.port, self.bridge = port, bridge
        return self

    def pull_cable(self):
        self.bridge.ip("link", "set", self.port, "down")

    def plug_cable(self):
        self.bridge.ip("link", "set", self.port, "up")

    def spawn(self, name, *words, **options):
        log = open(self.place / f"{name}.log", "ab")
        self.processes[name] = subprocess.Popen(["ip", "netns", "exec", self.space, *words], stdout=log, stderr=log,
                                                **options)
        log.close()
        return self.processes[name]

    def spawn_reading(self, name, *words):
        """As spawn(), with its output for the test to read."""
        with open(self.place / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(["ip", "netns", "exec", self.space, *words],
                                                    stdout=subprocess.PIPE, stderr=log)
        return self.processes[name]

    def move(self, bridge, address, gateway):
        """Out of one network and into another."""
        self.ip("link", "delete", "eth0")
        self.join(bridge, address)
        self.ip("route", "add", "default", "via", gateway)

    def kill(self, name):
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def stop(self, name):
        process = self.processes.pop(name)
        process.terminate()
        process.wait(timeout=20)

    def start_bus(self):
        config = self.place / "bus.conf"
        config.write_text(BUS.format(path=self.bus_path))
        self.spawn("bus", "dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile")
        agents.wait_for(self.bus_path.exists, 10, "the system bus")
        return self

    def start_avahi(self):
        config = self.place / "avahi.conf"
        config.write_text(AVAHI.format(name=self.name))
        # `ip netns exec` has a mount namespace of its own: the daemon's files do not meet those of others.
        daemon = ("mount -t tmpfs tmpfs /run/avahi-daemon 2>/dev/null || { mkdir -p /run/avahi-daemon &&"
                  " mount -t tmpfs tmpfs /run/avahi-daemon; };"
                  f" exec avahi-daemon -f {config} --no-drop-root --no-chroot --no-rlimits")
        self.spawn("avahi", "sh", "-c", daemon, env=self.environment())
        return self

    def environment(self):
        return dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={self.bus_path}",
                    PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")

    def agent(self, *, listen=("0.0.0.0:0", "[::]:0"), more=()):
        made = agents.Agent(self.world.where, f"agent-{self.name}", wrapper=("ip", "netns", "exec", self.space),
                            listen=listen, environment=self.environment(), more=more)
        self.world.agents.append(made)
        return made


class World:
    def __init__(self, where):
        self.where = where
        self.spaces = []
        self.hosts = []
        self.agents = []
        self.count = 0

    def name(self, kind):
        self.count += 1
        return f"sl{os.getpid()}{kind}{self.count}"

    def space(self, name):
        made = self.name(name[:3])
        run("ip", "netns", "add", made)
        self.spaces.append(made)
        return made

    def bridge(self, name="lan"):
        return Bridge(self, name)

    def host(self, name):
        made = Host(self, name)
        self.hosts.append(made)
        return made


@contextlib.contextmanager
def world():
    where = pathlib.Path(tempfile.mkdtemp(prefix="syncline-net."))
    made = World(where)
    try:
        yield made
    finally:
        for agent in made.agents:
            if agent.process is not None and agent.process.poll() is None:
                agent.process.kill()
                agent.process.wait()
        for host in made.hosts:
            for process in host.processes.values():
                process.kill()
                process.wait()
        for space in made.spaces:
            run("ip", "netns", "del", space, check=False)
        shutil.rmtree(where, ignore_errors=True)


def tell(story, *programs):
    """Runs a story in a world of its own. The exit code: 77 where hosts cannot be made, which is said."""
    missing = available(*programs)
    if missing:
        print(f"skipped: {missing}")
        return 77
    with world() as made:
        story(made)
    print("ok")
    return 0
