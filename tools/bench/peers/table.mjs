// SPDX-License-Identifier: Apache-2.0
// One table of all rows: a line per case and metric, a column per library, the least (best) marked.
import { UNITS } from "./suite.mjs";

const FAILED = "failed";

function shown(value, unit) {
  if (value === undefined) return "-";
  if (value === null) return FAILED;
  if (unit === "bytes") return Math.round(value).toLocaleString("en-US");
  if (value < 10) return value.toFixed(2);
  return value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en-US");
}

export function tableOf(rows, columns) {
  const cases = [...new Set(rows.map((row) => row.case))];
  const lines = [["case", "metric", "unit", ...columns]];
  for (const name of cases) {
    for (const metric of Object.keys(UNITS)) {
      const found = rows.filter((row) => row.case === name && row.metric === metric);
      if (!found.length) continue;
      const values = columns.map((peer) => found.find((row) => row.peer === peer)?.value);
      const least = Math.min(...values.filter((value) => typeof value === "number"));
      const cells = values.map((value) => shown(value, UNITS[metric]) + (value === least ? " *" : "  "));
      lines.push([name, metric, UNITS[metric], ...cells]);
    }
  }
  const widths = lines[0].map((_, at) => Math.max(...lines.map((line) => line[at].length)));
  const drawn = lines.map((line) =>
    line.map((cell, at) => (at < 3 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join("  ").trimEnd());
  return [drawn[0], "-".repeat(drawn[0].length), ...drawn.slice(1)].join("\n");
}
