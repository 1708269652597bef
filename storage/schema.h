// SPDX-License-Identifier: Apache-2.0
//
// Schema: the version of the layout in the store, and the ladder from older ones.
//
// Each version has one migration to the next. It runs in bounded parts, each of them one
// synced commit together with the mark how far it got, so a crash at any point is
// continued and nothing is done twice. What a migration does belongs to who owns the layout.
#pragma once

#include "protocol/base/store.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace syncline::storage {

inline constexpr std::uint32_t schema_version = 1;

// What one part of a migration may hold in memory and in one commit.
inline constexpr std::size_t migration_part_size_max = std::size_t{4} << 20;

// One part of a migration: what to write, and where to go on.
struct MigrationPart {
  std::vector<Write> writes;
  std::optional<Buffer> resume_at;  // nothing: this was the last part
};

struct Migration {
  std::uint32_t from = 0;  // leads to from + 1
  std::string_view what;   // for the log: "split rosters by space"
  // Called with an empty cursor first, then with what the part before gave back. Reads the store
  // as the parts before left it.
  std::function<Result<MigrationPart>(const StoreReader& store, Bytes cursor)> next_part;
};

// The version in the store; nothing if it is empty. Errc::corrupt if there is content without one.
Result<std::optional<std::uint32_t>> stored_schema(const StoreReader& store);

// Brings the store to `target`, starting an empty one there. Errc::unsupported if the store is
// newer, or older than the first rung of `ladder`. Requires: rungs ascend by one up to `target`.
Status bring_to_schema(Store& store, std::span<const Migration> ladder,
                       std::uint32_t target = schema_version);

}  // namespace syncline::storage
