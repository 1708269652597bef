// SPDX-License-Identifier: Apache-2.0
//
// ReplicatorState: what the parts of replication share. Private to sync/.
//
// Mine: the heads of this store. OtherDevice: what another device has told or proven to
// hold, across links and restarts. LinkState: one live link. Every part is a set of
// functions over these; replicator.cpp is the table of contents.
#pragma once

#include "protocol/space/roster_store.h"
#include "protocol/sync/replicator.h"

#include <deque>
#include <set>

namespace syncline::sync {

struct Mine {
  SpaceId space;
  std::uint64_t seq = 0;
  Digest hash;
  bool frozen = false;
};

struct Held {
  std::uint64_t seq = 0;
  ShortHash head;
};

struct OtherDevice {
  StoreEpoch epoch;          // of its store, as of its last hello; zero: never met
  std::uint64_t change = 0;  // of its store: everything up to here is stored here
  std::map<LogId, Held> held;
  std::optional<Receipt> receipt;
  std::optional<Link> link;
  bool dirty = false;  // held or watermark changed since they were written down
};

// What a space's roster looks like from outside.
struct Mark {
  std::uint64_t records = 0;
  ShortHash roster;
  bool operator==(const Mark&) const = default;
};

struct Serving {
  LogId log;
  std::uint64_t next = 0;
  std::uint64_t to = 0;
};

struct LinkState {
  Link link;
  DeviceId device;
  Outlet* outlet = nullptr;

  bool hello_received = false;             // and so the first rows were sent
  bool exchanged = false;                  // their first ROWS_END came
  bool receive_paused = false;             // the other side takes nothing
  bool send_paused = false;                // the other side serves nothing
  StoreEpoch epoch;                        // of their store
  std::optional<std::uint64_t> watermark;  // their change number, once everything before it is here
  Digest their_digest;
  Digest told_digest;             // of the last ROWS_END sent
  std::map<SpaceId, Mark> marks;  // their rosters
  std::map<SpaceId, std::pair<Mark, Mark>>
      compared;                         // theirs and mine when records were asked last
  std::set<SpaceId> asking;             // records were asked and have not all come
  std::map<LogId, std::uint64_t> sent;  // pushed or announced to them
  std::set<LogId> wanted;               // they have more of it
  std::set<LogId> suspect;              // their chain does not fit: not pulled on this link
  std::deque<Serving> serving;
  std::set<SpaceId> lazy;    // they asked not to be pushed this space
  std::set<SpaceId> pruned;  // asked them so
  std::set<LogId> announce;  // heads to tell
  std::set<SpaceId> announce_rosters;
  bool must_end = false;  // a ROWS_END is owed
  std::optional<Instant> announced_at;
  std::optional<Instant> full_asked_at;
  std::optional<Instant> full_due;  // quiet and unlike: everything is asked for then
  std::size_t pulls = 0;
};

struct ActivePull {
  Link link;
  std::uint64_t to = 0;
  Instant progress;
};

struct Replicator::State {
  explicit State(const Setup& given) : setup(given) {}

  Setup setup;
  StoreEpoch epoch;
  std::map<LogId, Mine> mine;
  std::set<SpaceId> spaces;  // of the vault's roster, and the vault itself
  std::map<DeviceId, OtherDevice> devices;
  std::map<Link, LinkState> links;
  std::map<LogId, ActivePull> pulls;
  std::set<LogId> own_logs;
  std::set<LogId> frozen;  // of `mine`
  std::vector<std::string> addresses;
  Pauses pauses;
  const crypto::SigningKey* receipt_key = nullptr;
  std::optional<Instant> receipt_at;
  std::optional<Digest> receipt_digest;
  std::optional<Receipt> own_receipt;
  bool stale_receipt = false;  // something changed since own_receipt
  log::ChainHashes hashes;
  News news;
  std::set<LogId> changed;  // in this group
  std::optional<Instant> next_write_down;
};

using State = Replicator::State;

// ---- mine.cpp: the own store, and what is remembered of devices ----------------------------
Status load_mine(State& state, const StoreReader& reader);
Status load_spaces(State& state, const StoreReader& reader);
Status load_devices(State& state, const StoreReader& reader);
void write_down(log::Draft& draft, const DeviceId& id, OtherDevice& device);
Result<Digest> total_digest(const State& state, const StoreReader& reader);
std::optional<Mark> mark_of(const StoreReader& reader, const SpaceId& space);
void grew(State& state, const LogId& log, const log::Position& head);

// ---- addresses.cpp ----------------------------------------------------------------------------
Status handle_addresses(State& state, const LinkState& link, Bytes body);

// ---- exchange.cpp: hello, rows, announcements ------------------------------------------------
void say_hello(State& state, LinkState& link);
Status handle_hello(State& state, LinkState& link, Bytes body, Now now);
Status handle_rows(State& state, LinkState& link, Bytes body, log::Draft& draft);
Status handle_rows_end(State& state, LinkState& link, Bytes body);
Status send_all_rows(State& state, LinkState& link, const StoreReader& reader);
// Tells a link what it has not been told, if enough time has passed or it is urgent.
Status announce(State& state, LinkState& link, const StoreReader& reader, Now now);
std::optional<Instant> announce_deadline(const LinkState& link);
void take_watermark(State& state, LinkState& link);

// ---- rosters.cpp -------------------------------------------------------------------------------
Status ask_records(State& state, LinkState& link, const StoreReader& reader);
Status handle_record_ids(State& state, LinkState& link, Bytes body, const StoreReader& reader);
Status handle_records(State& state, LinkState& link, Bytes body, log::Draft& draft);

// ---- transfer.cpp: pulls, batches, serving, live push ------------------------------------------
void want(State& state, LinkState& link, const LogId& log);
void schedule_pulls(State& state, Now now);
void drop_pulls_of(State& state, Link link);
void retry_late_pulls(State& state, Now now);
std::optional<Instant> pull_deadline(const State& state);
Status handle_pull(State& state, LinkState& link, Bytes body);
Status handle_batch(State& state, LinkState& link, Bytes body, log::Draft& draft, Now now);
void serve(State& state, LinkState& link);
Status push_live(State& state, LinkState& link, const StoreReader& reader);

// ---- evidence.cpp: heads, proofs, receipts
// -------------------------------------------------------
void show_head(State& state, LinkState& link, const LogId& log, const StoreReader& reader);
Status handle_head_wanted(State& state, LinkState& link, Bytes body, const StoreReader& reader);
Status handle_head(State& state, LinkState& link, Bytes body, log::Draft& draft);
Status handle_proof(State& state, LinkState& link, Bytes body, log::Draft& draft);
// To a link that may not know them yet: rows and digests say nothing of frozen logs.
void send_proofs(State& state, LinkState& link, const StoreReader& reader);
void spread_proof(State& state, const LogId& log, const StoreReader& reader);
Status handle_receipt(State& state, LinkState& link, Bytes body, log::Draft& draft);
Status make_receipt(State& state, log::Draft& draft, Now now);
void send_receipts(State& state, LinkState& link);
void apply_receipt(OtherDevice& device, const Receipt& receipt);

inline bool is_live(const LinkState& link) { return link.hello_received; }
inline std::uint64_t held_seq(const OtherDevice& device, const LogId& log) {
  const auto found = device.held.find(log);
  return found == device.held.end() ? 0 : found->second.seq;
}

// Acknowledgements and announcements of one link are at least this far apart: far below what
// a person notices, enough to fold the small groups of a burst into one message.
inline constexpr auto announce_interval = std::chrono::milliseconds(20);
inline constexpr auto pull_timeout = std::chrono::seconds(3);
inline constexpr std::size_t pulls_per_link_max = 64;
inline constexpr std::size_t serving_per_link_max = 4096;
inline constexpr std::size_t bulk_queue_max = 1024 * 1024;
inline constexpr std::size_t live_queue_max = 256 * 1024;
inline constexpr auto receipt_interval = std::chrono::seconds(2);
// Quiet and still unlike: first give what is under way a chance, then do not insist.
inline constexpr auto unlike_patience = std::chrono::seconds(2);
inline constexpr auto full_interval = std::chrono::seconds(60);
inline constexpr auto write_down_interval = std::chrono::seconds(2);

}  // namespace syncline::sync
