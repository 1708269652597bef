// SPDX-License-Identifier: Apache-2.0
#include "protocol/sync/replicator_state.h"

namespace syncline::sync {

namespace {

using session::Channel;

template <class Message>
Status send_control(LinkState& link, MessageType type, const Message& message) {
  return link.outlet->send(Channel::control, static_cast<std::uint8_t>(type), encode(message));
}

// Rows are sent in messages that stay well below the limit of the control channel.
class RowsSender {
 public:
  explicit RowsSender(LinkState& link) : link_(link) {}

  Status add(const SpaceId& space, const std::optional<Mark>& mark, const std::vector<Row>& rows) {
    std::size_t at = 0;
    do {
      const std::size_t count = std::min(rows.size() - at, rows_max - rows_);
      SpaceRows part{space, mark ? mark->records : 0, mark ? mark->roster : ShortHash{}, {}};
      part.rows.assign(rows.begin() + static_cast<std::ptrdiff_t>(at),
                       rows.begin() + static_cast<std::ptrdiff_t>(at + count));
      at += count;
      rows_ += count;
      message_.spaces.push_back(std::move(part));
      if (rows_ >= rows_max || message_.spaces.size() >= spaces_max) {
        const Status sent = flush();
        if (!sent) return sent;
      }
    } while (at < rows.size());
    return {};
  }
  Status flush() {
    if (message_.spaces.empty()) return {};
    const Status sent = send_control(link_, MessageType::rows, message_);
    message_.spaces.clear();
    rows_ = 0;
    return sent;
  }

 private:
  static constexpr std::size_t rows_max = 1200;
  static constexpr std::size_t spaces_max = 400;

  LinkState& link_;
  Rows message_;
  std::size_t rows_ = 0;
};

Row row_of(const LogId& log, const Mine& mine) { return {log, mine.seq, short_hash(mine.hash)}; }

Status send_end(State& state, LinkState& link, const StoreReader& reader) {
  const auto change = log::last_change(reader);
  const auto digest = total_digest(state, reader);
  if (!change) return pass(change);
  if (!digest) return pass(digest);
  link.must_end = false;
  link.told_digest = *digest;
  return send_control(link, MessageType::rows_end, RowsEnd{*change, *digest, state.mine.size()});
}

// What changed after change number `after`: each log and roster once. Spec Y2.
Status send_rows_after(State& state, LinkState& link, std::uint64_t after,
                       const StoreReader& reader) {
  std::map<SpaceId, std::vector<Row>> rows;
  const Status scanned = log::scan_feed(reader, after, [&](const log::FeedEntry& entry) {
    if (entry.kind == log::FeedKind::roster) {
      rows.try_emplace(entry.space);
      return true;
    }
    const auto found = state.mine.find(entry.log);
    if (found != state.mine.end())
      rows[found->second.space].push_back(row_of(entry.log, found->second));
    return true;
  });
  if (!scanned) return scanned;
  RowsSender sender(link);
  for (const auto& [space, changed] : rows) {
    if (!state.spaces.contains(space)) continue;
    const Status added = sender.add(space, mark_of(reader, space), changed);
    if (!added) return added;
  }
  // Everything before `after` is stored there, and the rest is announced now.
  OtherDevice& device = state.devices[link.device];
  std::set<LogId> news;
  for (const auto& [space, changed] : rows)
    for (const Row& row : changed) news.insert(row.log);
  for (const auto& [log, mine] : state.mine) {
    link.sent[log] = mine.seq;
    if (!news.contains(log) && mine.seq > held_seq(device, log))
      device.held[log] = {mine.seq, short_hash(mine.hash)};
  }
  const Status flushed = sender.flush();
  return flushed ? send_end(state, link, reader) : flushed;
}

}  // namespace

void say_hello(State& state, LinkState& link) {
  const OtherDevice& device = state.devices[link.device];
  Hello hello;
  hello.epoch = state.epoch;
  hello.known_epoch = device.epoch;
  hello.known_change = device.change;
  hello.receive_paused = state.pauses.receive;
  hello.send_paused = state.pauses.send;
  for (const std::string& address : state.addresses)
    if (hello.addresses.size() < hello_addresses_max && address.size() <= address_size_max)
      hello.addresses.push_back(address);
  (void)send_control(link, MessageType::hello, hello).has_value();  // an empty queue has room
}

Status send_all_rows(State& state, LinkState& link, const StoreReader& reader) {
  std::map<SpaceId, std::vector<Row>> rows;
  for (const SpaceId& space : state.spaces) rows.try_emplace(space);
  for (const auto& [log, mine] : state.mine) {
    if (mine.seq == 0) continue;
    rows[mine.space].push_back(row_of(log, mine));
    link.sent[log] = mine.seq;
  }
  RowsSender sender(link);
  for (const auto& [space, all] : rows) {
    const Status added = sender.add(space, mark_of(reader, space), all);
    if (!added) return added;
  }
  const Status flushed = sender.flush();
  return flushed ? send_end(state, link, reader) : flushed;
}

Status handle_hello(State& state, LinkState& link, Bytes body, Now) {
  auto hello = decode_hello(body);
  if (!hello) return pass(hello);
  const bool first = !link.hello_received;
  link.hello_received = true;
  link.receive_paused = hello->receive_paused;
  link.send_paused = hello->send_paused;
  if (!first) return {};  // a later hello only tells about pauses
  OtherDevice& device = state.devices[link.device];
  if (device.epoch != hello->epoch) {
    // Another store than the one remembered: nothing that was known of it holds any more.
    device = OtherDevice{.epoch = hello->epoch,
                         .change = 0,
                         .held = {},
                         .receipt = {},
                         .link = link.link,
                         .dirty = true};
  }
  link.epoch = hello->epoch;
  state.news.learned.push_back({link.device, std::move(hello->addresses), link.device});
  const auto last = log::last_change(state.setup.store);
  if (!last) return pass(last);
  send_receipts(state, link);
  send_proofs(state, link, state.setup.store);
  if (hello->known_epoch != state.epoch) return send_all_rows(state, link, state.setup.store);
  if (hello->known_change > *last) {
    // It has seen more of this very store than is here: the store was restored from a copy.
    state.news.store_rewound = true;
    return send_all_rows(state, link, state.setup.store);
  }
  return send_rows_after(state, link, hello->known_change, state.setup.store);
}

namespace {

// What a row says about a log of which this store holds as much or more.
void compare_heads(State& state, LinkState& link, const Row& row) {
  const auto found = state.mine.find(row.log);
  if (found == state.mine.end() || found->second.frozen || row.seq != found->second.seq ||
      row.seq == 0)
    return;
  if (row.head == short_hash(found->second.hash)) return;
  (void)send_control(link, MessageType::head_wanted, HeadWanted{row.log}).has_value();
}

}  // namespace

Status handle_rows(State& state, LinkState& link, Bytes body, log::Draft& draft) {
  const auto rows = decode_rows(body);
  if (!rows) return pass(rows);
  OtherDevice& device = state.devices[link.device];
  for (const SpaceRows& space : rows->spaces) {
    if (link.marks.size() >= limits::spaces_max && !link.marks.contains(space.space))
      return fail(Errc::limit, "rows of too many spaces");
    link.marks[space.space] = {space.records, space.roster};
    for (const Row& row : space.rows) {
      if (device.held.size() >= limits::logs_per_space_max && !device.held.contains(row.log))
        return fail(Errc::limit, "rows of too many logs");
      if (row.seq > log::seq_max) return fail(Errc::invalid, "a row beyond any log");
      device.held[row.log] = {row.seq, row.head};
      device.dirty = true;
      want(state, link, row.log);
      compare_heads(state, link, row);
    }
  }
  return ask_records(state, link, draft);
}

Status handle_rows_end(State& state, LinkState& link, Bytes body) {
  const auto end = decode_rows_end(body);
  if (!end) return pass(end);
  link.exchanged = true;
  link.their_digest = end->set_digest;
  link.watermark = end->change;
  take_watermark(state, link);
  return {};
}

// The watermark moves only when everything announced before it is stored. Spec Y3.
void take_watermark(State& state, LinkState& link) {
  if (!link.watermark || !link.wanted.empty() || !link.asking.empty()) return;
  OtherDevice& device = state.devices[link.device];
  if (device.change >= *link.watermark) return;
  device.change = *link.watermark;
  device.dirty = true;
}

std::optional<Instant> announce_deadline(const LinkState& link) {
  if (!is_live(link)) return std::nullopt;
  if (link.announce.empty() && link.announce_rosters.empty() && !link.must_end) return std::nullopt;
  return link.announced_at ? *link.announced_at + announce_interval : Instant{};
}

Status announce(State& state, LinkState& link, const StoreReader& reader, Now now) {
  const auto due = announce_deadline(link);
  if (!due || *due > now.instant) return {};
  link.announced_at = now.instant;
  std::map<SpaceId, std::vector<Row>> rows;
  for (const SpaceId& space : link.announce_rosters) rows.try_emplace(space);
  for (const LogId& log : link.announce) {
    const auto found = state.mine.find(log);
    if (found == state.mine.end() || found->second.seq == 0) continue;
    rows[found->second.space].push_back(row_of(log, found->second));
    link.sent[log] = found->second.seq;
  }
  link.announce.clear();
  link.announce_rosters.clear();
  RowsSender sender(link);
  for (const auto& [space, changed] : rows) {
    const Status added = sender.add(space, mark_of(reader, space), changed);
    if (!added) return added;
  }
  const Status flushed = sender.flush();
  return flushed ? send_end(state, link, reader) : flushed;
}

}  // namespace syncline::sync
