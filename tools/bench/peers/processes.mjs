// SPDX-License-Identifier: Apache-2.0
// Runs one measurement in a process of its own, for at most so many seconds.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const WORKER = fileURLToPath(new URL("worker.mjs", import.meta.url));
const FLAGS = ["--expose-gc", "--max-old-space-size=6144", "--no-warnings"];

/** {figures} or {failed: reason}; never throws for what the library did. */
export function measure(peer, name, options, seconds) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...FLAGS, WORKER, peer, name, JSON.stringify(options)], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      timeout: seconds * 1000,
      killSignal: "SIGKILL",
    });
    let figures = null;
    let errors = "";
    child.on("message", (message) => (figures = message));
    child.stderr.on("data", (text) => (errors = (errors + text).slice(-20000)));
    child.on("close", (code, signal) => {
      if (code === 0 && figures) resolve({ figures });
      else if (signal === "SIGKILL") resolve({ failed: `killed, ${seconds} s at most` });
      else resolve({ failed: errors.match(/^(\w*Error.*: .*|.*panicked at.*)$/m)?.[0] ?? `exit ${code ?? signal}` });
    });
  });
}
