#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""JSONTestSuite and the examples of the JSON-RPC specification, said to a real agent's socket.

Every text gets its answers, and after each the agent answers the next program's call.
"""
import contextlib
import json
import os
import pathlib
import sys

import agents

VECTORS = pathlib.Path(os.environ.get("SYNCLINE_VECTORS", agents.ROOT.parent / "shared" / "vectors"))
PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND = -32700, -32600, -32601
# Valid JSON that is refused on purpose: a key given twice, and NUL inside text.
REFUSED = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json",
           "y_object_escaped_null_in_key.json", "y_string_null_escape.json"}
# Run in any case, in the manner of the suite.
OWN_TEXTS = {"y_own_array.json": b"[1, {\"a\": \"\\u00e9\"}]", "y_own_string.json": b"\"text\"", "n_own_open.json": b"{\"a\":",
             "n_own_bytes.json": b"\"\xff\"", "n_own_comma.json": b"[1,]", "i_own_big.json": b"[1e999]"}


def errors_in(answer):
    """The codes of the errors in an answer, which has no result."""
    assert answer, "an answer says something"
    errors = []
    for one in answer if isinstance(answer, list) else [answer]:
        assert one["jsonrpc"] == "2.0" and "result" not in one, one
        # Each explains itself.
        assert one["error"]["data"]["kind"] and one["error"]["data"]["next"], one
        errors.append(one["error"]["code"])
    return errors


def check_text(agent, name, text):
    # Between values a line end is as good as a space; elsewhere it ends the line, and the rest is another.
    valid = name.startswith("y_")
    if valid:
        text = text.replace(b"\n", b" ")
    with contextlib.closing(agent.rpc()) as rpc:
        rpc.send_raw(text + b"\n")
        codes = [code for _ in range(text.count(b"\n") + 1) for code in errors_in(json.loads(rpc.read_line()))]
        assert set(codes) <= {PARSE_ERROR, INVALID_REQUEST}, f"{name}: {codes}"
        if valid:
            assert set(codes) == {PARSE_ERROR if name in REFUSED else INVALID_REQUEST}, f"{name}: {codes}"
        elif name.startswith("n_"):
            assert PARSE_ERROR in codes, f"{name}: {codes}"
        # The same connection goes on, and so does the agent.
        assert rpc.call("system.ping")["pong"] is True, name
    assert agent.call("vault.status")["vault"] == "none", f"{name}: nothing was done"


def suite():
    folder = VECTORS / "json" / "JSONTestSuite" / "test_parsing"
    if not folder.is_dir():
        print(f"skipped: no published vectors at {folder}; running on own texts")
        return OWN_TEXTS
    return OWN_TEXTS | {path.name: path.read_bytes() for path in folder.iterdir()}


def as_answered_here(expected):
    """No agent has the methods that the examples assume: their calls find no method."""
    if isinstance(expected, list):
        return [as_answered_here(one) for one in expected]
    if "result" in expected:
        error = {"code": METHOD_NOT_FOUND, "message": "Method not found"}
        return {"jsonrpc": "2.0", "error": error, "id": expected["id"]}
    return expected


def without_data(answer):
    """What the specification leaves to the server."""
    for one in answer if isinstance(answer, list) else [answer]:
        one.get("error", {}).pop("data", None)
    return answer


def check_example(agent, example):
    with contextlib.closing(agent.rpc()) as rpc:
        rpc.send_raw(example["request_text"].replace("\n", " ").encode() + b"\n")
        if example["response"] is not None:
            answer = without_data(json.loads(rpc.read_line()))
            assert answer == as_answered_here(example["response"]), f"{example['name']}: {answer}"
        # Nothing else was said.
        assert rpc.call("system.ping")["pong"] is True


def examples():
    path = VECTORS / "jsonrpc" / "spec_examples.json"
    if not path.is_file():
        print(f"skipped: no published vectors at {path}")
        return []
    return json.loads(path.read_text())["cases"]


def check_batch(agent):
    """Calls, notifications and nonsense in one line: answered in one, each as if it were alone."""
    batch = [{"jsonrpc": "2.0", "method": "system.ping", "id": 1}, {"jsonrpc": "2.0", "method": "system.ping"}, 7,
             {"jsonrpc": "2.0", "method": "vault.status", "params": {}, "id": "two"},
             {"jsonrpc": "2.0", "method": "vault.status", "params": {"x": 1}, "id": None}]
    with contextlib.closing(agent.rpc()) as rpc:
        rpc.send_raw(json.dumps(batch).encode() + b"\n")
        answers = json.loads(rpc.read_line())
        rpc.send_raw(json.dumps([{"jsonrpc": "2.0", "method": "system.ping"}]).encode() + b"\n")
        assert rpc.call("system.ping")["pong"] is True, "a batch of notifications is not answered"
    assert [one["id"] for one in answers] == [1, None, "two", None], answers
    assert answers[0]["result"]["pong"] is True and answers[2]["result"]["vault"] == "none"
    assert answers[1]["error"]["code"] == INVALID_REQUEST and answers[3]["error"]["code"] == -32602


def main():
    with agents.place() as agent:
        one = agent("one").start()
        texts, cases = suite(), examples()
        for name, text in sorted(texts.items()):
            check_text(one, name, text)
        for example in cases:
            check_example(one, example)
        check_batch(one)
        print(f"{len(texts)} texts and {len(cases)} examples answered, {one.rss_mb():.0f} MB")
        one.stop()


if __name__ == "__main__":
    sys.exit(main())
