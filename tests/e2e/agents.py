# SPDX-License-Identifier: Apache-2.0
"""Real agents for tests: each with a home, a runtime directory and a port of its own.

Everything lives in one temporary directory and on loopback. Waiting is always for an
answer or an event, never for a time to pass.
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("SYNCLINE_BIN", ROOT / "build" / "release" / "bin"))
PASSWORD = "correct horse battery"


class RpcError(Exception):
    def __init__(self, error):
        super().__init__(f"{error.get('message')} {error.get('data')}")
        self.kind = (error.get("data") or {}).get("kind")


class Rpc:
    """One connection to an agent's socket; calls may be pipelined."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.buffer = b""
        self.next_id = 1

    def close(self):
        self.socket.close()

    def send_raw(self, data):
        self.socket.sendall(data)

    def send(self, method, params=None):
        number = str(self.next_id)
        self.next_id += 1
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}}
        self.send_raw(json.dumps(request).encode() + b"\n")
        return number

    def read_line(self):
        while b"\n" not in self.buffer:
            data = self.socket.recv(1 << 20)
            if not data:
                raise ConnectionError("the agent closed the connection")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line

    def receive(self):
        answer = json.loads(self.read_line())
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer["result"]

    def call(self, method, params=None):
        self.send(method, params)
        return self.receive()

    def call_many(self, requests, window=48):
        """Pipelines (method, params) pairs; the results in order of the requests."""
        results, order, waiting = {}, [], 0
        iterator = iter(requests)
        exhausted = False
        while not exhausted or waiting:
            batch = []
            while not exhausted and waiting + len(batch) < window:
                one = next(iterator, None)
                if one is None:
                    exhausted = True
                    break
                number = str(self.next_id)
                self.next_id += 1
                order.append(number)
                batch.append(json.dumps({"jsonrpc": "2.0", "id": number, "method": one[0], "params": one[1]}))
            if batch:
                self.send_raw(("\n".join(batch) + "\n").encode())
                waiting += len(batch)
            if waiting:
                answer = json.loads(self.read_line())
                if "error" in answer:
                    raise RpcError(answer["error"])
                results[answer["id"]] = answer["result"]
                waiting -= 1
        return [results[number] for number in order]


class Agent:
    def __init__(self, place, name, wrapper=(), listen=("127.0.0.1:0",), environment=None, more=()):
        self.home = place / name / "home"
        self.runtime = place / name / "run"
        self.log = place / name / "log"
        self.name = name
        self.process = None
        self.wrapper = list(wrapper)
        self.listen = list(listen)
        # Where nothing is said, the DHT of the whole internet is left alone.
        self.more = list(more) or ["--dht", "none"]
        self.environment = dict(environment or os.environ, SYNCLINE_TEST_ARGON="min")
        (place / name).mkdir(exist_ok=True)

    @property
    def socket_path(self):
        return self.runtime / "rpc.sock"

    def start(self, expect_ready=True):
        listen = [word for where in self.listen for word in ("--listen", where)]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, str(BIN / "synclined"), "--home", str(self.home), "--runtime", str(self.runtime), *listen,
                 *self.more],
                stdout=subprocess.PIPE, stderr=log, env=self.environment)
        line = self.process.stdout.readline().decode()
        if not line.startswith("ready "):
            self.process.wait()
            if expect_ready:
                raise AssertionError(f"{self.name} did not get ready: {self.log.read_text()[-2000:]}")
            return None
        self.address = line.split()[-1]
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        assert code == 0, f"{self.name} ended with {code}: {self.log.read_text()[-2000:]}"

    def rpc(self):
        return Rpc(self.socket_path)

    def call(self, method, params=None):
        with contextlib.closing(self.rpc()) as rpc:
            return rpc.call(method, params)

    def unlock(self):
        self.call("vault.unlock", {"password": PASSWORD})

    def init(self):
        self.call("vault.init", {"password": PASSWORD, "device_name": self.name})

    def cli(self, *words, check=True, **options):
        done = subprocess.run([str(BIN / "syncline"), "--home", str(self.home), "--runtime", str(self.runtime), *words],
                              capture_output=True, text=True, env=self.environment, **options)
        if check:
            assert done.returncode == 0, f"{words}: {done.returncode} {done.stderr}"
        return done

    def rss_mb(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            for line in status:
                if line.startswith("VmRSS"):
                    return int(line.split()[1]) / 1024
        return 0


@contextlib.contextmanager
def place():
    where = pathlib.Path(tempfile.mkdtemp(prefix="syncline-e2e."))
    agents = {}

    def agent(name, **options):
        agents[name] = Agent(where, name, **options)
        return agents[name]

    try:
        yield agent
    finally:
        for one in agents.values():
            if one.process is not None and one.process.poll() is None:
                one.process.kill()
                one.process.wait()
        shutil.rmtree(where, ignore_errors=True)


def wait_for(condition, seconds=60, what="the condition"):
    """Polls an agent's answer; the pause only saves CPU."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"timed out waiting for {what}")
        time.sleep(0.002)


def pair(inviter, joiner):
    invite = inviter.call("pair.invite")
    joiner.call("pair.join", {"code": invite["code"], "addresses": [inviter.address], "device_name": joiner.name})
    wait_for(lambda: inviter.call("pair.status")["phase"] == "confirming", what="the new device to appear")
    check = inviter.call("pair.status")["check_number"]
    assert check == joiner.call("pair.status")["check_number"], "both sides show the same check number"
    inviter.call("pair.confirm", {"accept": True})
    wait_for(lambda: joiner.call("pair.status")["phase"] == "done", what="the join to be done")


def is_level(agent):
    status = agent.call("system.status")
    others = [device for device in status["devices"] if not device["self"]]
    return others and all(device["level"] for device in others) and status["to_merge"] == 0


def wait_level(*agents, seconds=120):
    for agent in agents:
        wait_for(lambda: is_level(agent), seconds, f"{agent.name} to be level")
