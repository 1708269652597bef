// SPDX-License-Identifier: Apache-2.0
// Made-up typing for two copies that drift apart: bursts of 5 to 40 keystrokes at random places, every
// fifth burst deletes 1 to 20 characters instead, one keystroke an edit. The same for every library.

/** Numbers below a limit from a 32-bit xorshift (13, 17, 5); the seed must not be 0. */
function random(seed) {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** `count` one-patch transactions on a text of `length` characters; `letters` tells the authors apart. */
export function typing({ seed, count, length, letters }) {
  const next = random(seed);
  const transactions = [];
  let size = length;
  while (transactions.length < count) {
    const erase = next(5) === 0;
    let position = next(size + 1);
    const burst = erase ? 1 + next(20) : 5 + next(36);
    for (let key = 0; key < burst && transactions.length < count; key += 1) {
      if (erase) {
        if (position === 0) break;
        position -= 1;
        size -= 1;
        transactions.push([[position, 1, ""]]);
      } else {
        transactions.push([[position, 0, letters[next(letters.length)]]]);
        position += 1;
        size += 1;
      }
    }
  }
  return { transactions, length: size };
}
