// SPDX-License-Identifier: Apache-2.0
// json-joy. Its saved history is the binary form of the model: every character's id, but no text of
// deleted ones. A message is a list of patches, those in a row of one author combined and compacted.
import { createRequire } from "node:module";
import { join, split } from "../frames.mjs";
import { READER } from "../reader.mjs";

const require = createRequire(import.meta.url);
const { Model } = require("json-joy/lib/json-crdt");
const { Patch } = require("json-joy/lib/json-crdt-patch");
const { combine, compact } = require("json-joy/lib/json-crdt-patch/compaction");

const FIRST_SESSION = 65536; // smaller ones are reserved

// The empty text is itself a value with an id, so all replicas start from the same one.
const base = Model.create(undefined, FIRST_SESSION);
base.api.set("");
base.api.flush();
const start = base.toBinary();

/** One author's patches as one. By halves: combining one after the other takes quadratic time. */
function joined(patches) {
  if (patches.length === 1) return patches[0];
  const middle = patches.length >> 1;
  const halves = [joined(patches.slice(0, middle)), joined(patches.slice(middle))];
  combine(halves);
  compact(halves[0]);
  return halves[0];
}

function combined(patches) {
  const runs = [];
  for (const patch of patches) {
    const last = runs.at(-1);
    if (last && last[0].getId().sid === patch.getId().sid) last.push(patch);
    else runs.push([patch]);
  }
  return runs.map(joined);
}

class Replica {
  constructor(author, bytes = start) {
    this.model = Model.load(bytes, FIRST_SESSION + 1 + author);
    this.content = this.model.api.str([]);
    this.recording = false;
    this.made = [];
  }

  record() {
    this.recording = true;
  }

  edit(patches) {
    for (const [position, deleted, inserted] of patches) {
      if (deleted) this.content.del(position, deleted);
      if (inserted) this.content.ins(position, inserted);
    }
    const patch = this.model.api.flush();
    if (this.recording) this.made.push(patches.length ? patch.toBinary() : null);
  }

  take() {
    const patch = this.made.at(-1);
    return patch ? join([patch]) : null;
  }

  apply(messages) {
    for (const message of messages) {
      for (const patch of split(message)) this.model.applyPatch(Patch.fromBinary(patch));
    }
  }

  text() {
    return this.model.view();
  }

  version() {
    return this.made.length;
  }

  since(version) {
    const patches = this.made.slice(version).filter(Boolean).map((patch) => Patch.fromBinary(patch));
    return join(combined(patches).map((patch) => patch.toBinary()));
  }

  history() {
    return this.model.toBinary();
  }

  whole(messages) {
    const patches = messages.flatMap(split).map((patch) => Patch.fromBinary(patch));
    return join(combined(patches).map((patch) => patch.toBinary()));
  }

  free() {}
}

export const jsonJoy = {
  open: (author) => new Replica(author),
  load: (bytes) => new Replica(READER, bytes),
};
