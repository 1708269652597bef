#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Other users at the socket, and second agents: refused clearly, and the first agent does not notice."""
import contextlib
import copy
import json
import os
import pathlib
import socket
import sys

import agents
import bad_input_tools as tools


def say(path, line):
    """What the agent at a socket answers to a line, until it closes or has answered."""
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as caller:
        caller.settimeout(30)
        caller.connect(str(path))
        with contextlib.suppress(BrokenPipeError):
            caller.sendall(line)
        heard = b""
        while not heard.endswith(b"\n"):
            try:
                part = caller.recv(65536)
            except ConnectionResetError:
                part = b""
            if not part:
                break
            heard += part
    return heard.decode()


def open_to_others(*paths):
    for path in paths:
        path.chmod(0o777)


def check_unaffected(agent, process):
    assert agent.process.pid == process and agent.process.poll() is None
    assert agent.call("vault.status")["vault"] == "unlocked"
    assert agent.call("entity.create", {"type": "t", "value": {}})["entity"]


def check_other_user(agent):
    """First the directory's mode keeps others out; were it open, the agent would."""
    user = tools.nobody()
    if user is None:
        return
    # Down to the agent's own directories the way is open.
    agent.home.parent.parent.chmod(0o755)
    agent.home.parent.chmod(0o755)
    call = b'{"jsonrpc":"2.0","id":1,"method":"vault.lock"}\n'
    for secret in (agent.socket_path, agent.home / "device.key", agent.home / "lock"):
        seen = tools.in_child(user, lambda: secret.lstat() and "seen")
        assert seen.startswith("PermissionError"), f"{secret}: {seen}"
    refused = tools.in_child(user, lambda: say(agent.socket_path, call))
    assert refused.startswith("PermissionError"), refused
    with contextlib.suppress(PermissionError):  # programs that only root may execute
        done = tools.run("syncline", agent, "status", user=user)
        assert done.returncode > 0 and done.stderr, done
        start = tools.run("synclined", agent, user=user)
        assert start.returncode > 0 and len(start.stderr.splitlines()) == 1, start

    mode = agent.runtime.stat().st_mode
    open_to_others(agent.runtime, agent.socket_path)
    refused = tools.in_child(user, lambda: say(agent.socket_path, call))
    agent.runtime.chmod(mode & 0o777)
    agent.socket_path.chmod(0o600)
    error = json.loads(refused)["error"]
    assert error["data"]["kind"] == "forbidden" and error["data"]["next"], refused
    assert agent.call("vault.status")["vault"] == "unlocked", "the other user's call was not done"


def hear_one(place):
    """Listens like an agent; what the first caller says."""
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as door:
        door.settimeout(30)
        door.bind(str(place / "new.sock"))
        door.listen()
        os.chmod(place / "new.sock", 0o777)
        os.rename(place / "new.sock", place / "rpc.sock")
        caller, _ = door.accept()
        caller.settimeout(30)
        return f"heard: {caller.recv(65536)}"


def check_agent_of_another_user(agent):
    """No password goes to a socket that somebody else listens at."""
    user = tools.nobody()
    if user is None:
        return
    place = agent.home.parent / "theirs"
    place.mkdir()
    open_to_others(place)
    awaited = tools.start_child(user, lambda: hear_one(place))
    agents.wait_for((place / "rpc.sock").exists, what="the other user's socket")
    # The directory is ours, the socket is not.
    theirs = copy.copy(agent)
    theirs.runtime = place
    done = tools.run("syncline", theirs, "unlock", "--password-stdin", text_in="secret\n")
    heard = awaited()
    assert done.returncode > 0 and "another user" in done.stderr, done
    assert heard == "heard: b''", f"something was said to another user: {heard}"


def check_second_agents(agent, place):
    second = place("second")
    same_home, same_socket, same_both = copy.copy(second), copy.copy(second), copy.copy(agent)
    same_home.home = agent.home
    same_socket.runtime = agent.runtime
    for other in (same_home, same_both):
        tools.start_refused(other, f"(pid {agent.process.pid})", "stop it first", code=9)
    tools.start_refused(same_socket, "another agent serves this socket", "stop it first", code=9)


def main():
    with agents.place() as agent:
        one = agent("one").start()
        one.init()
        process = one.process.pid
        check_second_agents(one, agent)
        check_unaffected(one, process)
        check_other_user(one)
        check_unaffected(one, process)
        check_agent_of_another_user(one)
        check_unaffected(one, process)
        one.stop()
        assert not pathlib.Path(one.socket_path).exists()
    print("other users and second agents were refused")


if __name__ == "__main__":
    sys.exit(main())
