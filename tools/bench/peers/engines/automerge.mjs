// SPDX-License-Identifier: Apache-2.0
// Automerge.
import * as Automerge from "@automerge/automerge";
import { READER } from "../reader.mjs";

const actor = (number) => number.toString(16).padStart(32, "0");

// The empty text is itself a value with an id, so all replicas start from the same one; in every process
// too, thus the fixed time.
const empty = Automerge.change(Automerge.init(actor(0)), { time: 0 }, (draft) => {
  draft.text = "";
});
const start = Automerge.save(empty);

class Replica {
  constructor(author, bytes = start) {
    this.doc = Automerge.load(bytes, actor(author + 1));
    this.made = null;
  }

  record() {}

  edit(patches) {
    if (!patches.length) {
      this.made = null;
      return;
    }
    this.doc = Automerge.change(this.doc, (draft) => {
      for (const [position, deleted, inserted] of patches) {
        Automerge.splice(draft, ["text"], position, deleted, inserted);
      }
    });
    this.made = undefined;
  }

  take() {
    return this.made === null ? null : Automerge.getLastLocalChange(this.doc);
  }

  apply(messages) {
    if (messages.length === 1) this.doc = Automerge.loadIncremental(this.doc, messages[0]);
    else [this.doc] = Automerge.applyChanges(this.doc, messages);
  }

  text() {
    return this.doc.text;
  }

  version() {
    return Automerge.getHeads(this.doc);
  }

  since(version) {
    return Automerge.saveSince(this.doc, version);
  }

  history() {
    return Automerge.save(this.doc);
  }

  whole() {
    return this.history();
  }

  free() {
    Automerge.free(this.doc);
  }
}

export const automerge = {
  open: (author) => new Replica(author),
  load: (bytes) => new Replica(READER, bytes),
};
