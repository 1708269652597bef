// SPDX-License-Identifier: Apache-2.0
// All measurements of one library, as rows {case, metric, unit, peer, value}; value null: it failed.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measure } from "./processes.mjs";

export const UNITS = {
  replay: "ms",
  load_history: "ms",
  load_snapshot: "ms",
  merge: "ms",
  memory: "mb",
  history: "bytes",
  snapshot: "bytes",
  ms: "ms",
  bytes: "bytes",
};
export const DRIFTS = [10000, 100000];

const SLOW_MS = 10000; // a replay that takes longer is not repeated

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

export class Suite {
  constructor({ seconds, runs, say }) {
    Object.assign(this, { seconds, runs, say, rows: [] });
  }

  async run(peer, traces) {
    const folder = mkdtempSync(join(tmpdir(), "syncline-peers-"));
    try {
      for (const trace of traces) await this.trace(peer, trace, folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    for (const count of DRIFTS) await this.one(peer, `diverge ${count}`, "diverge", { count }, ["ms", "bytes"]);
  }

  async trace(peer, { name, path, concurrent }, folder) {
    const files = Object.fromEntries(["history", "snapshot", "message"].map((kind) => [kind, join(folder, kind)]));
    const options = { trace: path, files };
    const saved = concurrent
      ? await this.one(peer, name, "prepare", options, ["history"])
      : await this.replays(peer, name, options);
    if (concurrent) {
      if (saved) await this.one(peer, name, "merge", options, ["merge", "memory"]);
      else this.fail(peer, name, ["merge", "memory"]);
    }
    if (saved) await this.one(peer, name, "loadHistory", options, ["load_history"]);
    else this.fail(peer, name, ["load_history"]);
    if (saved?.snapshot) await this.one(peer, name, "loadSnapshot", options, ["load_snapshot"]);
  }

  /** Replays in several processes: medians of the times and of the memory. */
  async replays(peer, name, options) {
    const all = [];
    while (all.length < this.runs && (all.at(-1)?.replay ?? 0) < SLOW_MS) {
      this.say(`${peer}: ${name}, replay ${all.length + 1}`);
      const { figures, failed } = await measure(peer, "replay", options, this.seconds);
      if (failed) {
        this.say(`${peer}: ${name}, replay failed: ${failed}`);
        this.fail(peer, name, ["replay", "memory", "history"]);
        return null;
      }
      all.push(figures);
    }
    const middle = { ...all[0] };
    for (const metric of ["replay", "memory"]) middle[metric] = median(all.map((figures) => figures[metric]));
    this.add(peer, name, middle);
    return middle;
  }

  async one(peer, name, what, options, metrics) {
    this.say(`${peer}: ${name}, ${what}`);
    const { figures, failed } = await measure(peer, what, options, this.seconds);
    if (failed) {
      this.say(`${peer}: ${name}, ${what} failed: ${failed}`);
      this.fail(peer, name, metrics);
      return null;
    }
    this.add(peer, name, figures);
    return figures;
  }

  add(peer, name, figures) {
    for (const [metric, value] of Object.entries(figures)) {
      this.rows.push({ case: name, metric, unit: UNITS[metric], peer, value });
    }
  }

  fail(peer, name, metrics) {
    this.add(peer, name, Object.fromEntries(metrics.map((metric) => [metric, null])));
  }
}
