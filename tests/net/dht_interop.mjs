// SPDX-License-Identifier: Apache-2.0
//
// node dht_interop.mjs HOST:PORT get KEY            prints: seq, value
// node dht_interop.mjs HOST:PORT put SEED SEQ VALUE prints: stored
// Everything in hexadecimal; by npm's bittorrent-dht, with the signatures of Node's own crypto.
import crypto from "node:crypto";
import path from "node:path";
import { pathToFileURL } from "node:url";

const { Client } = await import(pathToFileURL(path.resolve("node_modules/bittorrent-dht/index.js")));

const [node, what, ...words] = process.argv.slice(2);
const der = (prefix, bytes) => Buffer.concat([Buffer.from(prefix, "hex"), bytes]);
const publicKey = (bytes) =>
  crypto.createPublicKey({ key: der("302a300506032b6570032100", bytes), format: "der", type: "spki" });
const privateKey = (seed) =>
  crypto.createPrivateKey({ key: der("302e020100300506032b657004220420", seed), format: "der", type: "pkcs8" });

const verify = (signature, message, key) => crypto.verify(null, message, publicKey(key), signature);
const dht = new Client({ bootstrap: [node], host: "127.0.0.1", verify });
const finish = (error, line) => {
  if (error) console.error(String(error));
  else console.log(line);
  dht.destroy(() => process.exit(error ? 1 : 0));
};

dht.listen(0, "127.0.0.1");
dht.once("ready", () => {
  if (what === "get") {
    const target = crypto.createHash("sha1").update(Buffer.from(words[0], "hex")).digest();
    dht.get(target, (error, found) => {
      if (error || !found) return finish(error ?? new Error("nothing was found"));
      finish(null, `${found.seq} ${found.v.toString("hex")}`);
    });
    return;
  }
  const seed = Buffer.from(words[0], "hex");
  const key = crypto.createPublicKey(privateKey(seed)).export({ format: "der", type: "spki" }).subarray(-32);
  const item = {
    k: key,
    seq: Number(words[1]),
    v: Buffer.from(words[2], "hex"),
    sign: (message) => crypto.sign(null, message, privateKey(seed)),
  };
  dht.put(item, (error) => finish(error, "stored"));
});
