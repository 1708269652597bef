// SPDX-License-Identifier: Apache-2.0
// Syncline's own figures: the JSON lines of tools/bench/run, made now or read from a file.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DRIFTS, UNITS } from "./suite.mjs";

const RUN = fileURLToPath(new URL("../run", import.meta.url));
const BENCHES = ["text", "diverge"];

function rowOf(line) {
  let figure;
  try {
    figure = JSON.parse(line);
  } catch {
    return null;
  }
  if (!BENCHES.includes(figure?.bench) || !(figure.metric in UNITS)) return null;
  const drift = figure.bench === "diverge" && DRIFTS.find((count) => new RegExp(`(^|\\D)${count}(\\D|$)`).test(figure.case));
  return {
    case: drift ? `diverge ${drift}` : figure.bench === "diverge" ? `diverge ${figure.case}` : figure.case,
    metric: figure.metric,
    unit: UNITS[figure.metric],
    peer: "syncline",
    value: figure.value,
    limit: figure.limit,
  };
}

const rowsOf = (text) => text.split("\n").map(rowOf).filter(Boolean);

export const readFigures = (file) => rowsOf(readFileSync(file, "utf8"));

export function runBenches(traces, say) {
  return BENCHES.flatMap((bench) => {
    say(`syncline: tools/bench/run ${bench}`);
    const done = spawnSync(RUN, [bench], {
      env: { ...process.env, SYNCLINE_TRACES: traces },
      stdio: ["ignore", "pipe", "inherit"],
      encoding: "utf8",
      maxBuffer: 1 << 26,
    });
    if (done.status !== 0) say(`syncline: tools/bench/run ${bench} failed (${done.error?.message ?? `exit ${done.status}`}); its column lacks what it would say`);
    return rowsOf(done.stdout ?? "");
  });
}
