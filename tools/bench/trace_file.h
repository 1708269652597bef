// SPDX-License-Identifier: Apache-2.0
//
// Recorded editing sessions (*.json.gz) as plain structs, ready for a clock to be started.
//
// Two kinds: in a sequential one, each patch follows the one before; in a concurrent one, each
// transaction names those it was made upon. A caller trusts the file's author with positions.
#pragma once

#include "protocol/base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace syncline::bench {

// `removed` characters at `position` give way to `inserted`, which has `added` characters.
struct Patch {
  std::uint64_t position = 0;
  std::uint64_t removed = 0;
  std::uint64_t added = 0;
  std::string inserted;
};

struct Transaction {
  std::vector<std::uint32_t> parents;  // indexes of transactions; several are merged first
  std::uint32_t agent = 0;
  std::vector<Patch> patches;
};

struct SequentialTrace {
  std::string start, end;  // content
  std::vector<Patch> patches;
  // How many patches each of the recorded transactions has, in order.
  std::vector<std::uint32_t> transactions;
};

struct ConcurrentTrace {
  std::string end;
  std::uint32_t agents = 0;
  std::vector<Transaction> transactions;
};

// Errc::not_found without such a file, invalid if it is of the other kind or of none.
Result<SequentialTrace> read_sequential_trace(const std::string& path);
Result<ConcurrentTrace> read_concurrent_trace(const std::string& path);

}  // namespace syncline::bench
