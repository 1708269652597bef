// SPDX-License-Identifier: Apache-2.0
// y-crdt (Rust compiled to WebAssembly), update format v2. Deleted text is dropped, as in Yjs.
import ywasm from "ywasm";
import { READER } from "../reader.mjs";

class Replica {
  constructor(author) {
    this.doc = new ywasm.YDoc({ clientID: author + 1 });
    this.content = this.doc.getText("t");
    this.recording = false;
    this.made = [];
  }

  record() {
    this.recording = true;
  }

  edit(patches) {
    const transaction = this.doc.beginTransaction();
    for (const [position, deleted, inserted] of patches) {
      if (deleted) this.content.delete(position, deleted, transaction);
      if (inserted) this.content.insert(position, inserted, undefined, transaction);
    }
    if (this.recording && patches.length) this.made.push(transaction.encodeUpdateV2());
    transaction.free();
  }

  take() {
    return this.made.pop() ?? null;
  }

  apply(messages) {
    const transaction = this.doc.beginTransaction();
    for (const message of messages) transaction.applyV2(message);
    transaction.free();
  }

  text() {
    return this.content.toString();
  }

  version() {
    return ywasm.encodeStateVector(this.doc);
  }

  since(version) {
    return ywasm.encodeStateAsUpdateV2(this.doc, version);
  }

  history() {
    return ywasm.encodeStateAsUpdateV2(this.doc);
  }

  whole() {
    return this.history();
  }

  free() {
    this.content.free();
    this.doc.free();
  }
}

export const ywasmEngine = {
  open: (author) => new Replica(author),
  load(bytes) {
    const replica = new Replica(READER);
    replica.apply([bytes]);
    return replica;
  },
};
