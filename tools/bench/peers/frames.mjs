// SPDX-License-Identifier: Apache-2.0
// Several byte strings as one: each with its length (32 bits, little endian) before it.

export function join(parts) {
  const whole = Buffer.alloc(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  let at = 0;
  for (const part of parts) {
    at = whole.writeUInt32LE(part.length, at);
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function split(whole) {
  const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
  const parts = [];
  for (let at = 0; at < whole.length; ) {
    const length = view.getUint32(at, true);
    parts.push(whole.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return parts;
}
