// SPDX-License-Identifier: Apache-2.0
// diamond-types (Eg-walker, Rust compiled to WebAssembly).
import { Doc } from "diamond-types-node";
import { READER } from "../reader.mjs";

class Replica {
  constructor(author, doc = new Doc(`author ${author}`)) {
    this.doc = doc;
    this.recording = false;
    this.made = null;
  }

  record() {
    this.recording = true;
  }

  edit(patches) {
    const before = this.recording ? this.doc.getLocalVersion() : null;
    for (const [position, deleted, inserted] of patches) {
      if (deleted) this.doc.del(position, deleted);
      if (inserted) this.doc.ins(position, inserted);
    }
    if (before) this.made = patches.length ? this.doc.getPatchSince(before) : null;
  }

  take() {
    return this.made;
  }

  apply(messages) {
    for (const message of messages) this.doc.mergeBytes(message);
  }

  text() {
    return this.doc.get();
  }

  version() {
    return this.doc.getLocalVersion();
  }

  since(version) {
    return this.doc.getPatchSince(version);
  }

  history() {
    return this.doc.toBytes();
  }

  whole() {
    return this.history();
  }

  free() {
    this.doc.free();
  }
}

export const diamond = {
  open: (author) => new Replica(author),
  load: (bytes) => new Replica(READER, Doc.fromBytes(bytes)),
};
