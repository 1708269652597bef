// SPDX-License-Identifier: Apache-2.0
// Reads an editing trace (see the README of the traces' folder for the two kinds).
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";

const TRACE = /\.json(\.gz)?$/;

export function listTraces(folder) {
  return readdirSync(folder).filter((name) => TRACE.test(name)).sort().map((name) => join(folder, name));
}

export const nameOf = (path) => basename(path).replace(TRACE, "");

// Positions in a trace count Unicode scalars, some libraries count UTF-16 units. A scalar above
// U+FFFF is replaced by one below, so that all of them agree.
const plain = (text) => text.replace(/[\u{10000}-\u{10ffff}]/gu, "\ufffd");

export function readTrace(path) {
  const bytes = readFileSync(path);
  const raw = JSON.parse(path.endsWith(".gz") ? gunzipSync(bytes) : bytes);
  return {
    name: nameOf(path),
    concurrent: raw.kind === "concurrent",
    start: plain(raw.startContent ?? ""),
    end: plain(raw.endContent),
    transactions: raw.txns.map(({ patches, parents, agent }) => ({
      patches: patches
        .filter(([, deleted, inserted]) => deleted || inserted)
        .map(([position, deleted, inserted]) => [position, deleted, plain(inserted)]),
      parents,
      agent,
    })),
  };
}
