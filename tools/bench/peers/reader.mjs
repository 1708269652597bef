// SPDX-License-Identifier: Apache-2.0
// The author number of a replica that only reads; no trace has so many authors.
export const READER = 50000;
