// SPDX-License-Identifier: Apache-2.0
// What is measured, each in a process of its own; a measure returns {metric: value}. Only the timed
// lines are between clock reads: traces are parsed, and the texts compared, outside of them.
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { typing } from "./edits.mjs";
import { authorsOf, missing } from "./graph.mjs";
import { readApart } from "./read_apart.mjs";
import { READER } from "./reader.mjs";
import { readTrace } from "./traces.mjs";

const WARM_RUNS = 15;
const WARM_MS = 4000;
const SETTLE_MS = 25;
const SETTLE_LEAST = 4;
const SETTLE_MOST = 40;
const SETTLE_BYTES = 10000;
const DRIFT_COMMON = 50000;
const DRIFT_RUNS = 5;

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

function same(found, wanted) {
  if (found !== wanted) throw new Error("another text than the trace's");
}

// A trace that nobody needs any more would be collected, and its size taken off the document's.
const alive = [];

/** What is alive, of JavaScript and of WebAssembly, whose memory counts as external. */
async function liveMb() {
  let before = Infinity;
  for (let pass = 0; ; pass += 1) {
    // Buffers are let go of on a thread of the engine's own, which has to come by first.
    await setTimeout(SETTLE_MS);
    globalThis.gc({ type: "major", execution: "sync", flavor: "last-resort" });
    const { heapUsed, external } = process.memoryUsage();
    const now = heapUsed + external;
    if (pass >= SETTLE_LEAST && (Math.abs(now - before) < SETTLE_BYTES || pass >= SETTLE_MOST)) return now / 1e6;
    before = now;
  }
}

/** So that what a library sets up once is not counted as the document's. */
function wake(engine) {
  const replica = engine.open(READER);
  replica.edit([[0, 0, "a"]]);
  replica.text();
  replica.free();
}

/** The median of runs after the first, which finds everything cold; the first where one takes too long. */
function warm(makeReplica, wanted) {
  const times = [];
  const begun = performance.now();
  while (times.length <= WARM_RUNS && (times.length < 1 || performance.now() - begun < WARM_MS)) {
    const start = performance.now();
    const replica = makeReplica();
    const text = replica.text();
    times.push(performance.now() - start);
    same(text, wanted);
    replica.free();
  }
  return median(times.length > 1 ? times.slice(1) : times);
}

function save(replica, messages, files) {
  const sizes = {};
  const write = (name, bytes) => {
    writeFileSync(files[name], bytes);
    sizes[name] = bytes.length;
  };
  write("history", replica.history());
  if (replica.snapshot) write("snapshot", replica.snapshot());
  if (messages) writeFileSync(files.message, replica.whole(messages));
  return sizes;
}

/** A sequential trace, transaction by transaction as local edits; then saves what the library saves. */
export async function replay(engine, { trace, files }) {
  const { start, end, transactions } = await readApart(trace);
  alive.push(transactions);
  wake(engine);
  const before = await liveMb();
  const replica = engine.open(0);
  if (start) replica.edit([[0, 0, start]]);
  const began = performance.now();
  for (const { patches } of transactions) replica.edit(patches);
  const took = performance.now() - began;
  const memory = (await liveMb()) - before;
  same(replica.text(), end);
  return { replay: took, memory, ...save(replica, null, files) };
}

/** Not timed: each author of a concurrent trace on a replica of its own, which gets exactly what the author had seen. */
export function prepare(engine, { trace, files }) {
  const { end, transactions } = readTrace(trace);
  const { lines, steps } = authorsOf(transactions);
  const replicas = lines.map((_, author) => ({ replica: engine.open(author), have: [] }));
  const messages = [];
  const deliver = ({ replica, have }, seen) => {
    const due = missing(lines, have, seen).map((index) => messages[index]).filter(Boolean);
    if (due.length) replica.apply(due);
  };
  replicas.forEach(({ replica }) => replica.record());
  steps.forEach(({ author, seen }, index) => {
    const own = replicas[author];
    deliver(own, seen);
    own.replica.edit(transactions[index].patches);
    own.have[author] = (own.have[author] ?? 0) + 1;
    messages.push(own.replica.take());
  });
  // What is saved is what one replica holds that got everything in the trace's order.
  const sent = messages.filter(Boolean);
  const reader = engine.open(READER);
  reader.apply(sent);
  same(reader.text(), end);
  return save(reader, sent, files);
}

/** A concurrent trace's whole history as one message to an empty replica. */
export async function merge(engine, { trace, files }) {
  const { end } = await readApart(trace);
  const message = readFileSync(files.message);
  wake(engine);
  const receive = () => {
    const replica = engine.open(READER);
    replica.apply([message]);
    return replica;
  };
  const before = await liveMb();
  const held = receive();
  same(held.text(), end);
  const memory = (await liveMb()) - before;
  held.free();
  return { merge: warm(receive, end), memory };
}

export function loadHistory(engine, { trace, files }) {
  const bytes = readFileSync(files.history);
  return { load_history: warm(() => engine.load(bytes), readTrace(trace).end) };
}

export function loadSnapshot(engine, { trace, files }) {
  const bytes = readFileSync(files.snapshot);
  return { load_snapshot: warm(() => engine.loadSnapshot(bytes), readTrace(trace).end) };
}

function lettersOf(text, letters) {
  let count = 0;
  for (const letter of text) if (letters.includes(letter)) count += 1;
  return count;
}

/** Two copies with a past in common, then `count` edits on each; both directions. */
function drift(engine, count) {
  const copies = [engine.open(0), engine.open(1)];
  copies.forEach((copy) => copy.record());
  const origin = copies[0].version();
  const common = typing({ seed: 1, count: DRIFT_COMMON, length: 0, letters: "0123456789" });
  common.transactions.forEach((patches) => copies[0].edit(patches));
  copies[1].apply([copies[0].since(origin)]);
  same(copies[1].text(), copies[0].text());
  const forks = copies.map((copy) => copy.version());
  const alphabets = ["abcdefghij", "ABCDEFGHIJ"];
  copies.forEach((copy, at) => {
    const own = typing({ seed: at + 2, count, length: common.length, letters: alphabets[at] });
    own.transactions.forEach((patches) => copy.edit(patches));
  });
  const kept = copies.map((copy, at) => lettersOf(copy.text(), alphabets[at]));
  const start = performance.now();
  const messages = copies.map((copy, at) => copy.since(forks[at]));
  copies.forEach((copy, at) => copy.apply([messages[1 - at]]));
  const texts = copies.map((copy) => copy.text());
  const took = performance.now() - start;
  same(texts[1], texts[0]);
  alphabets.forEach((letters, at) => same(lettersOf(texts[0], letters), kept[at]));
  copies.forEach((copy) => copy.free());
  return { took, bytes: messages[0].length + messages[1].length };
}

export function diverge(engine, { count }) {
  const runs = [];
  const begun = performance.now();
  while (runs.length < DRIFT_RUNS && (runs.length < 1 || performance.now() - begun < WARM_MS)) runs.push(drift(engine, count));
  return { ms: median(runs.map(({ took }) => took)), bytes: runs[0].bytes };
}
