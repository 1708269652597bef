// SPDX-License-Identifier: Apache-2.0
// Who wrote what in a concurrent trace. A library wants each author's edits in one line, but an agent
// of a trace may branch: an author is such a line, and an agent has as many as it needs.

/** For each transaction its author, its number among that author's, and how many of each author's it has seen. */
export function authorsOf(transactions) {
  const lines = []; // per author: indices of its transactions
  const byAgent = new Map();
  const past = []; // per transaction: how many of each author's are in its past, itself included
  const steps = transactions.map(({ parents, agent }, index) => {
    const seen = joined(parents.map((parent) => past[parent]));
    if (!byAgent.has(agent)) byAgent.set(agent, []);
    const own = byAgent.get(agent);
    let author = own.find((line) => (seen[line] ?? 0) === lines[line].length);
    if (author === undefined) {
      author = lines.push([]) - 1;
      own.push(author);
    }
    lines[author].push(index);
    const after = new Uint32Array(Math.max(seen.length, author + 1));
    after.set(seen);
    after[author] += 1;
    past.push(after);
    return { author, seen };
  });
  return { lines, steps };
}

function joined(versions) {
  if (versions.length === 1) return versions[0];
  const all = new Uint32Array(versions.reduce((most, version) => Math.max(most, version.length), 0));
  for (const version of versions) version.forEach((count, author) => (all[author] = Math.max(all[author], count)));
  return all;
}

/** The transactions that are in `seen` and not in `have`, parents first; `have` then has them too. */
export function missing(lines, have, seen) {
  const found = [];
  for (let author = 0; author < seen.length; author += 1) {
    const held = have[author] ?? 0;
    if (held >= seen[author]) continue;
    for (let at = held; at < seen[author]; at += 1) found.push(lines[author][at]);
    have[author] = seen[author];
  }
  return found.sort((a, b) => a - b);
}
