// SPDX-License-Identifier: Apache-2.0
// Yjs, update format v2. With its collection of garbage on (the default) deleted text is dropped,
// so its history is not whole; `yjs-nogc` keeps it.
import * as Y from "yjs";
import { READER } from "../reader.mjs";

class Replica {
  constructor(author, gc) {
    this.doc = new Y.Doc({ gc });
    this.doc.clientID = author + 1;
    this.content = this.doc.getText("t");
    this.made = [];
  }

  record() {
    this.doc.on("updateV2", (update, origin, doc, transaction) => transaction.local && this.made.push(update));
  }

  edit(patches) {
    this.doc.transact(() => {
      for (const [position, deleted, inserted] of patches) {
        if (deleted) this.content.delete(position, deleted);
        if (inserted) this.content.insert(position, inserted);
      }
    });
  }

  take() {
    return this.made.pop() ?? null;
  }

  apply(messages) {
    this.doc.transact(() => messages.forEach((message) => Y.applyUpdateV2(this.doc, message)));
  }

  text() {
    return this.content.toString();
  }

  version() {
    return Y.encodeStateVector(this.doc);
  }

  since(version) {
    return Y.encodeStateAsUpdateV2(this.doc, version);
  }

  history() {
    return Y.encodeStateAsUpdateV2(this.doc);
  }

  whole() {
    return this.history();
  }

  free() {
    this.doc.destroy();
  }
}

const engine = (gc) => ({
  open: (author) => new Replica(author, gc),
  load(bytes) {
    const replica = new Replica(READER, gc);
    replica.apply([bytes]);
    return replica;
  },
});

export const yjs = engine(true);
export const yjsNoGc = engine(false);
