# SPDX-License-Identifier: Apache-2.0
"""Benchmarks on the real agents. See tools/bench/run; SYNCLINE_BENCH_EVENTS sets the size (1,000,000)."""
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "e2e"))
import agents  # noqa: E402

EVENTS = int(os.environ.get("SYNCLINE_BENCH_EVENTS", "1000000"))
VALUE = "v" * 200


def limits():
    done = subprocess.run([str(agents.BIN / "bench_limits"), tempfile.gettempdir()], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def client_us():
    """What this client alone needs for a call: a process on a socket that sends each line back."""
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        ours.close()
        while line := theirs.recv(65536):
            theirs.sendall(line)
        os._exit(0)
    theirs.close()
    lines = ours.makefile("rb")

    def call(number):
        ours.sendall(json.dumps({"jsonrpc": "2.0", "id": str(number), "method": "echo"}).encode() + b"\n")
        json.loads(lines.readline())

    p50, _ = timed(call, 2000)
    ours.close()
    lines.close()
    os.waitpid(child, 0)
    return p50 * 1e6


def figure(bench, case, metric, unit, value, limit=None):
    ratio = None if limit is None else round(value / limit, 3)
    print(json.dumps({"bench": bench, "case": case, "metric": metric, "unit": unit, "value": round(value, 3),
                      "limit": None if limit is None else round(limit, 3), "ratio": ratio}), flush=True)


def percentiles(times):
    times = sorted(times)
    return times[len(times) // 2], times[min(len(times) - 1, int(len(times) * 0.99))]


def timed(action, count):
    times = []
    for number in range(count):
        start = time.perf_counter()
        # An action that does more than what is measured says itself how long that took.
        took = action(number)
        times.append(took if isinstance(took, float) else time.perf_counter() - start)
    return percentiles(times)


def filled(agent, events, entities=1000):
    """`events` updates of 200 bytes over `entities` entities; durable when it returns."""
    rpc = agent.rpc()
    ids = [answer["entity"] for answer in rpc.call_many(
        ("entity.create", {"type": "bench", "wait": "buffered", "value": {}}) for _ in range(entities))]
    rpc.call_many((("entity.update", {"entity": ids[i % entities], "wait": "buffered",
                                      "ops": [{"op": "set", "path": f"/f{i % 7}", "value": VALUE}]})
                   for i in range(events)), window=60)
    rpc.call("entity.update", {"entity": ids[0], "ops": [{"op": "set", "path": "/last", "value": "x"}]})
    return ids


def heads(agent):
    return {log["log"]: (log["seq"], log["head"]) for log in agent.call("log.list")["logs"]}


def wait_equal(a, b, rpc):
    goal = {log: seq for log, (seq, _) in heads(a).items()}
    while True:
        held = {log["log"]: log["seq"] for log in rpc.call("log.list")["logs"]}
        if all(held.get(log, 0) >= seq for log, seq in goal.items()):
            return
        time.sleep(0.005)


def pair_paused(a, b):
    agents.pair(a, b)
    agents.wait_level(a, b)
    b.call("sync.pause", {"direction": "receive"})


def bench_catchup(agent):
    best = limits()
    a, b = agent("a").start(), agent("b").start()
    a.init()
    pair_paused(a, b)
    for case in ("blind", "merged"):
        filled(a, EVENTS)
        if case == "blind":
            b.call("vault.lock")
        rpc = b.rpc()
        sent = link_bytes(a)
        start = time.perf_counter()
        b.call("sync.resume", {"direction": "receive"})
        wait_equal(a, b, rpc)
        if case == "merged":
            agents.wait_for(lambda: rpc.call("system.status")["to_merge"] == 0, 600, "merging")
        seconds = time.perf_counter() - start
        limit = best["cipher_blind_per_s" if case == "blind" else "cipher_merged_per_s"]
        figure("catchup", case, "events_per_s", "1/s", EVENTS / seconds, limit)
        if case == "blind":
            figure("catchup", case, "wire_bytes_per_event", "B", (link_bytes(a) - sent) / EVENTS, 200)
            b.unlock()
            agents.wait_for(lambda: b.call("system.status")["to_merge"] == 0, 600, "merging")
            b.call("sync.pause", {"direction": "receive"})


def link_bytes(agent):
    status = agent.call("system.status")
    return sum(link["bytes_sent"] for device in status["devices"] for link in device.get("links", []))


def bench_live(agent):
    best = limits()
    a, b = agent("a").start(), agent("b").start()
    a.init()
    entity = a.call("entity.create", {"type": "t", "value": {"n": 0}})["entity"]
    agents.pair(a, b)
    agents.wait_level(a, b)
    writer, reader = a.rpc(), b.rpc()
    sub = reader.call("sub.open", {"entity": entity})["sub"]

    def one(number):
        reader.send("events.poll", {"sub": sub, "wait_ms": 5000})
        start = time.perf_counter()
        writer.call("entity.update", {"entity": entity, "ops": [{"op": "set", "path": "/n", "value": number}]})
        events = reader.receive()
        while not events["changes"]:
            events = reader.call("events.poll", {"sub": sub, "wait_ms": 5000})
        took = time.perf_counter() - start
        reader.call("sub.ack", {"sub": sub, "cursor": events["cursor"]})
        return took

    timed(one, 50)
    p50, p99 = timed(one, 1000)
    # Each side syncs its disk once, the loopback is crossed once, and two clients speak.
    limit = (2 * best["disk_sync_us"] + best["loopback_us"] / 2 + client_us()) / 1000
    figure("live", "durable", "p50_ms", "ms", p50 * 1000, limit)
    figure("live", "durable", "p99_ms", "ms", p99 * 1000, limit)


def bench_rpc(agent):
    best = limits()
    a = agent("a").start()
    a.init()
    entity = a.call("entity.create", {"type": "t", "value": {"n": 0}})["entity"]
    rpc = a.rpc()

    def write(wait):
        return lambda n: rpc.call("entity.update", {"entity": entity, "wait": wait,
                                                    "ops": [{"op": "set", "path": "/n", "value": VALUE}]})

    client = client_us()
    for case, action, limit in (("write_durable", write("local"), client + best["disk_sync_us"]),
                                ("write_buffered", write("buffered"), client),
                                ("read", lambda n: rpc.call("entity.get", {"entity": entity}), client)):
        timed(action, 100)
        p50, p99 = timed(action, 2000)
        figure("rpc", case, "p50_us", "us", p50 * 1e6, limit)
        figure("rpc", case, "p99_us", "us", p99 * 1e6, limit)


def bench_typing(agent):
    """One keystroke after the other: gathered by the agent, and each as a change of its own."""
    best = limits()
    a = agent("a").start()
    a.init()
    entity = a.call("entity.create", {"type": "t", "value": {"text": {"$text": "x" * 20000}}})["entity"]
    rpc = a.rpc()
    place = {"entity": entity, "path": "/text"}

    def change(wait):
        return lambda n: rpc.call("entity.update", {"entity": entity, "wait": wait, "ops": [
            {"op": "text.insert", "path": "/text", "at": 10000 + n, "text": "k"}]})

    client = client_us()
    for case, action, limit in (
            ("gathered", lambda n: rpc.call("text.type", {**place, "at": 10000 + n, "insert": "k"}), client),
            ("change_buffered", change("buffered"), client),
            ("change_durable", change("local"), client + best["disk_sync_us"])):
        timed(action, 100)
        p50, p99 = timed(action, 2000)
        figure("typing", case, "p50_us", "us", p50 * 1e6, limit)
        figure("typing", case, "p99_us", "us", p99 * 1e6, limit)


def bench_start(agent):
    a = agent("a").start()
    a.init()
    filled(a, EVENTS)
    a.stop()
    start = time.perf_counter()
    a.start()
    a.call("system.ping")
    figure("start", "locked", "ms", "ms", (time.perf_counter() - start) * 1000)
    rpc = a.rpc()
    start = time.perf_counter()
    rpc.call("vault.unlock", {"password": agents.PASSWORD})
    rpc.call("entity.list", {"limit": 1})
    whole = (time.perf_counter() - start) * 1000
    # What the key derivation alone takes: a wrong password costs just that.
    rpc.call("vault.lock")
    start = time.perf_counter()
    try:
        rpc.call("vault.unlock", {"password": "wrong"})
    except agents.RpcError:
        pass
    derivation = (time.perf_counter() - start) * 1000
    figure("start", "unlocked", "ms", "ms", max(0.0, whole - derivation))


def bench_memory(agent):
    a = agent("a").start()
    a.init()
    time.sleep(1)
    figure("memory", "idle", "rss_mb", "MB", a.rss_mb())
    filled(a, EVENTS, entities=min(100000, EVENTS))
    figure("memory", "1m_events", "rss_mb", "MB", a.rss_mb())
    a.stop()
    a.start()
    a.unlock()
    a.call("entity.list", {"limit": 100})
    figure("memory", "1m_events_restarted", "rss_mb", "MB", a.rss_mb())


def bench_passwd(agent):
    for case, entities in (("1k", 1000), ("100k", 100000)):
        a = agent("v" + case).start()
        a.init()
        filled(a, 1, entities=entities)
        rpc = a.rpc()
        start = time.perf_counter()
        rpc.call("vault.passwd", {"old_password": agents.PASSWORD, "new_password": "another one"})
        whole = (time.perf_counter() - start) * 1000
        start = time.perf_counter()
        try:
            rpc.call("vault.passwd", {"old_password": "wrong", "new_password": "x"})
        except agents.RpcError:
            pass
        derivation = (time.perf_counter() - start) * 1000
        # Two derivations are inherent: the old password is proven, the new one stretched.
        figure("passwd", case, "ms", "ms", whole, 2 * derivation)
        a.stop()


def bench_disk(agent):
    a = agent("a").start()
    a.init()
    filled(a, EVENTS)
    a.stop()
    size = sum(path.stat().st_size for path in a.home.rglob("*") if path.is_file())
    figure("disk", "store", "bytes_per_event", "B", size / EVENTS, 200)


BENCHES = {name[6:]: value for name, value in globals().items() if name.startswith("bench_")}


def main():
    names = sys.argv[1:]
    if names == ["all"]:
        names = list(BENCHES)
    if not names or any(name not in BENCHES for name in names):
        sys.exit(f"usage: tools/bench/run NAME, one of: {' '.join(BENCHES)}")
    for name in names:
        with agents.place() as agent:
            BENCHES[name](agent)


if __name__ == "__main__":
    main()
