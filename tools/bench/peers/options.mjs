// SPDX-License-Identifier: Apache-2.0
// The command line of tools/bench/peers/run.
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { PEERS } from "./peers.mjs";

const TRACES = fileURLToPath(new URL("../../../../shared/traces", import.meta.url));

export const USAGE = `usage: tools/bench/peers/run [options]

  --only A,B        only these libraries: ${Object.keys(PEERS).join(" ")}
  --traces DIR      traces (default: $SYNCLINE_TRACES, else ../shared/traces)
  --case A,B        only these traces, by name
  --syncline FILE   take Syncline's figures from a file of tools/bench/run's lines; "none" for no column
  --json FILE       also write every figure to FILE
  --runs N          replays of a sequential trace, each in a process of its own (default 3)
  --timeout S       seconds one process may take before it counts as failed (default 120)`;

const list = (text) => text.split(",").map((word) => word.trim()).filter(Boolean);

function positive(name, text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a number from 1 on, not "${text}"`);
  return value;
}

export function readOptions(args) {
  const text = { type: "string" };
  const { values } = parseArgs({
    args,
    options: {
      only: text, traces: text, case: text, syncline: text, json: text, help: { type: "boolean", short: "h" },
      runs: { ...text, default: "3" }, timeout: { ...text, default: "120" },
    },
  });
  const peers = values.only ? list(values.only) : Object.keys(PEERS);
  const unknown = peers.filter((peer) => !(peer in PEERS));
  if (unknown.length) throw new Error(`no library called ${unknown.join(", ")}; there are ${Object.keys(PEERS).join(" ")}`);
  return {
    help: values.help,
    peers,
    traces: values.traces ?? process.env.SYNCLINE_TRACES ?? TRACES,
    cases: values.case ? list(values.case) : null,
    syncline: values.syncline,
    json: values.json,
    runs: positive("runs", values.runs),
    seconds: positive("timeout", values.timeout),
  };
}
