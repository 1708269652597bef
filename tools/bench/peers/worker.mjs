// SPDX-License-Identifier: Apache-2.0
// One measurement in this process: worker.mjs PEER MEASURE OPTIONS(JSON); sends {metric: value}.
import * as measures from "./measures.mjs";
import { PEERS } from "./peers.mjs";

const [peer, measure, options] = process.argv.slice(2);
const figures = await measures[measure](await PEERS[peer].engine(), JSON.parse(options));
// What a library prints of its own accord must not mix with the figures, so they go by another way.
process.send(figures, () => process.exit(0));
