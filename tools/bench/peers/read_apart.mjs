// SPDX-License-Identifier: Apache-2.0
// Reads a trace on a thread of its own. What parsing leaves behind, some megabytes that are let go of at
// no certain time, is then in that thread's heap and not taken for memory of the document measured here.
import { once } from "node:events";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { readTrace } from "./traces.mjs";

if (!isMainThread) parentPort.postMessage(readTrace(workerData));

export async function readApart(path) {
  const thread = new Worker(new URL(import.meta.url), { workerData: path });
  const [trace] = await once(thread, "message");
  await thread.terminate();
  return trace;
}
