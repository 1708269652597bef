// SPDX-License-Identifier: Apache-2.0
// Runs what the options ask for and prints the table; see README.md.
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { resolve } from "node:path";
import { readOptions, USAGE } from "./options.mjs";
import { versionOf } from "./peers.mjs";
import { Suite } from "./suite.mjs";
import { readFigures, runBenches } from "./syncline.mjs";
import { tableOf } from "./table.mjs";
import { listTraces, nameOf, readTrace } from "./traces.mjs";

const say = (text) => console.error(text);

function chosenTraces({ traces, cases }) {
  const paths = listTraces(traces).filter((path) => !cases || cases.includes(nameOf(path)));
  if (!paths.length) throw new Error(`no such trace in ${traces}`);
  return paths.map((path) => ({ name: nameOf(path), path, concurrent: readTrace(path).concurrent }));
}

function synclineRows({ syncline, traces }, cases) {
  if (syncline === "none") return [];
  const rows = syncline ? readFigures(syncline) : runBenches(resolve(traces), say);
  return rows.filter((row) => row.case.startsWith("diverge ") || cases.has(row.case));
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
    return;
  }
  const traces = chosenTraces(options);
  const machine = {
    node: process.version,
    processor: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    load: loadavg()[0],
    versions: Object.fromEntries(options.peers.map((peer) => [peer, versionOf(peer)])),
  };
  const suite = new Suite({ seconds: options.seconds, runs: options.runs, say });
  for (const peer of options.peers) await suite.run(peer, traces);
  const rows = [...synclineRows(options, new Set(traces.map(({ name }) => name))), ...suite.rows];
  const columns = options.syncline === "none" ? options.peers : ["syncline", ...options.peers];
  console.log(tableOf(rows, columns));
  console.log(`\nless is better everywhere, * is the least; failed: wrong text, error or over ${options.seconds} s; -: no such figure`);
  console.log(`node ${machine.node}, ${machine.cores} x ${machine.processor}, load ${machine.load.toFixed(2)} at the start`);
  console.log(Object.entries(machine.versions).map((pair) => pair.join(" ")).join(", "));
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ machine, rows }, null, 1)}\n`);
}

main().catch((error) => {
  say(`peers: ${error.message}`);
  process.exit(2);
});
