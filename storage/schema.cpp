// SPDX-License-Identifier: Apache-2.0
//
//   meta "schema"           = version u32
//   meta "schema.migrating" = from u32 ‖ cursor bytes     only while a migration is under way
#include "storage/schema.h"

#include "protocol/base/check.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <string>

namespace syncline::storage {

namespace {

constexpr std::string_view version_key = "schema";
constexpr std::string_view progress_key = "schema.migrating";

Write set_version(std::uint32_t version) {
  return {Family::meta, to_buffer(as_bytes(version_key)), wire::Writer().u32(version).take()};
}

Write set_progress(std::uint32_t from, Bytes cursor) {
  return {Family::meta, to_buffer(as_bytes(progress_key)),
          wire::Writer().u32(from).fixed(cursor).take()};
}

Write clear_progress() { return {Family::meta, to_buffer(as_bytes(progress_key)), std::nullopt}; }

Result<bool> holds_anything(const StoreReader& store) {
  bool found = false;
  for (std::size_t i = 0; i < family_count && !found; ++i) {
    const Status scanned = store.scan(static_cast<Family>(i), {}, {}, [&](Bytes, Bytes) {
      found = true;
      return false;
    });
    if (!scanned) return pass(scanned);
  }
  return found;
}

// Where an interrupted migration from `from` goes on; empty if it has not begun.
Result<Buffer> stored_cursor(const StoreReader& store, std::uint32_t from) {
  const auto value = store.get(Family::meta, as_bytes(progress_key));
  if (!value) return pass(value);
  if (!*value) return Buffer();
  wire::Reader in(**value);
  if (in.u32() != from || !in.ok())
    return fail(Errc::corrupt, "the mark of an interrupted migration names another version");
  return to_buffer(in.rest());
}

std::size_t size_of(const std::vector<Write>& writes) {
  std::size_t size = 0;
  for (const Write& write : writes)
    size += write.key.size() + (write.value ? write.value->size() : 0);
  return size;
}

Status climb(Store& store, const Migration& rung) {
  auto cursor = stored_cursor(store, rung.from);
  if (!cursor) return pass(cursor);
  for (;;) {
    auto part = rung.next_part(store, *cursor);
    if (!part) return pass(part);
    SYNCLINE_CHECK(size_of(part->writes) <= migration_part_size_max);
    const bool last = !part->resume_at;
    if (last) {
      part->writes.push_back(set_version(rung.from + 1));
      part->writes.push_back(clear_progress());
    } else {
      // A cursor that stands still would run for ever.
      SYNCLINE_CHECK(*part->resume_at != *cursor);
      part->writes.push_back(set_progress(rung.from, *part->resume_at));
    }
    if (auto done = store.commit(part->writes, Durability::synced); !done) return done;
    if (last) return {};
    cursor = std::move(*part->resume_at);
  }
}

}  // namespace

Result<std::optional<std::uint32_t>> stored_schema(const StoreReader& store) {
  const auto value = store.get(Family::meta, as_bytes(version_key));
  if (!value) return pass(value);
  if (*value) {
    wire::Reader in(**value);
    const auto version = in.finish(in.u32());
    if (!version || *version == 0)
      return fail(Errc::corrupt, "the schema version in the store is damaged");
    return std::optional<std::uint32_t>(*version);
  }
  const auto content = holds_anything(store);
  if (!content) return pass(content);
  if (*content) return fail(Errc::corrupt, "the store has content but no schema version");
  return std::optional<std::uint32_t>();
}

Status bring_to_schema(Store& store, std::span<const Migration> ladder, std::uint32_t target) {
  const auto stored = stored_schema(store);
  if (!stored) return pass(stored);
  if (!*stored) return store.commit({set_version(target)}, Durability::synced);
  std::uint32_t version = **stored;
  if (version > target)
    return fail(Errc::unsupported, "the store has schema " + std::to_string(version) +
                                       ", this Syncline knows " + std::to_string(target) +
                                       ": install the newer version that wrote it");
  for (const Migration& rung : ladder) {
    if (rung.from < version || rung.from >= target) continue;
    if (rung.from != version) break;
    if (auto climbed = climb(store, rung); !climbed) return climbed;
    ++version;
  }
  if (version != target)
    return fail(Errc::unsupported, "the store has schema " + std::to_string(version) +
                                       ", too old for this Syncline; update in steps, over an "
                                       "earlier version that still reads it");
  return {};
}

}  // namespace syncline::storage
