// SPDX-License-Identifier: Apache-2.0
// The libraries there are, in the order of the table, and what a replica of one can do:
//   open(author) -> replica      load(bytes), loadSnapshot(bytes) -> replica
//   edit(patches)                one transaction as a local edit
//   record(), take()             from then on: the message of the last edit, null if it was empty
//   apply(messages)              what others made, parents first
//   version(), since(version)    what this replica has more than at that version, as one message
//   history(), snapshot()        what is saved; without snapshot() the library has none
//   whole(messages)              everything as one message to an empty replica
//   text(), free()
import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";
import { readFileSync } from "node:fs";

export const PEERS = {
  yjs: { npm: "yjs", engine: async () => (await import("./engines/yjs.mjs")).yjs },
  "yjs-nogc": { npm: "yjs", engine: async () => (await import("./engines/yjs.mjs")).yjsNoGc },
  ywasm: { npm: "ywasm", engine: async () => (await import("./engines/ywasm.mjs")).ywasmEngine },
  loro: { npm: "loro-crdt", engine: async () => (await import("./engines/loro.mjs")).loro },
  dt: { npm: "diamond-types-node", engine: async () => (await import("./engines/diamond.mjs")).diamond },
  "json-joy": { npm: "json-joy", engine: async () => (await import("./engines/json_joy.mjs")).jsonJoy },
  automerge: { npm: "@automerge/automerge", engine: async () => (await import("./engines/automerge.mjs")).automerge },
};

/** The version that is installed, which is what was measured. */
export function versionOf(peer) {
  const here = dirname(fileURLToPath(import.meta.url));
  return JSON.parse(readFileSync(join(here, "node_modules", PEERS[peer].npm, "package.json"))).version;
}
