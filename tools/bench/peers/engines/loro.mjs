// SPDX-License-Identifier: Apache-2.0
// Loro. Its saved history is the "snapshot" form (all operations and the state, which is what it
// loads fastest); a message is the "update" form; its snapshot is the "shallow" form (state only).
import { LoroDoc } from "loro-crdt";
import { READER } from "../reader.mjs";

class Replica {
  constructor(author) {
    this.doc = new LoroDoc();
    this.doc.setPeerId(BigInt(author + 1));
    this.content = this.doc.getText("t");
    this.recording = false;
    this.made = null;
  }

  record() {
    this.recording = true;
  }

  edit(patches) {
    const before = this.recording ? this.doc.oplogVersion() : null;
    for (const [position, deleted, inserted] of patches) {
      if (deleted) this.content.delete(position, deleted);
      if (inserted) this.content.insert(position, inserted);
    }
    this.doc.commit();
    if (before) {
      this.made = patches.length ? this.doc.export({ mode: "update", from: before }) : null;
      before.free();
    }
  }

  take() {
    return this.made;
  }

  apply(messages) {
    if (messages.length === 1) this.doc.import(messages[0]);
    else this.doc.importBatch(messages);
  }

  text() {
    return this.content.toString();
  }

  version() {
    return this.doc.oplogVersion();
  }

  since(version) {
    return this.doc.export({ mode: "update", from: version });
  }

  history() {
    return this.doc.export({ mode: "snapshot" });
  }

  snapshot() {
    return this.doc.export({ mode: "shallow-snapshot", frontiers: this.doc.oplogFrontiers() });
  }

  whole() {
    return this.doc.export({ mode: "update" });
  }

  free() {
    this.content.free();
    this.doc.free();
  }
}

const load = (bytes) => {
  const replica = new Replica(READER);
  replica.apply([bytes]);
  return replica;
};

export const loro = { open: (author) => new Replica(author), load, loadSnapshot: load };
