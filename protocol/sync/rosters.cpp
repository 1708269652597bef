// SPDX-License-Identifier: Apache-2.0
#include "protocol/sync/replicator_state.h"

#include <algorithm>

namespace syncline::sync {

namespace {
using session::Channel;

ShortRecordId short_id(const RecordId& id) {
  ShortRecordId out;
  std::copy_n(id.bytes.begin(), ShortRecordId::size, out.bytes.begin());
  return out;
}

Status ask_one(LinkState& link, const SpaceId& space, const StoreReader& reader) {
  RecordIds question{space, {}};
  const Status scanned = space::scan_records(reader, space, [&](const RecordId& id, Bytes) {
    question.ids.push_back(short_id(id));
    return question.ids.size() < record_ids_per_message_max - 64;  // the message must fit
  });
  if (!scanned) return scanned;
  link.asking.insert(space);
  return link.outlet->send(Channel::control, static_cast<std::uint8_t>(MessageType::record_ids),
                           encode(question));
}
}  // namespace

// The vault's roster first: it says which spaces there are. Spec Y4.
Status ask_records(State& state, LinkState& link, const StoreReader& reader) {
  for (const auto& [space, theirs] : link.marks) {
    if (!state.spaces.contains(space) || theirs.records == 0) continue;
    const Mark ours = mark_of(reader, space).value_or(Mark{});
    if (ours == theirs || link.asking.contains(space)) continue;
    const std::pair<Mark, Mark> now{theirs, ours};
    const auto compared = link.compared.find(space);
    if (compared != link.compared.end() && compared->second == now) continue;
    link.compared[space] = now;
    const Status asked = ask_one(link, space, reader);
    if (!asked) return asked;
  }
  return {};
}

Status handle_record_ids(State& state, LinkState& link, Bytes body, const StoreReader& reader) {
  auto question = decode_record_ids(body);
  if (!question) return pass(question);
  if (!state.spaces.contains(question->space))
    return fail(Errc::forbidden, "records of an unknown space");
  std::ranges::sort(question->ids);
  constexpr std::size_t part_size_max = 48 * 1024;
  Records answer{question->space, false, {}};
  std::size_t size = 0;
  Status failed;
  const auto send = [&] {
    return link.outlet->send(Channel::control, static_cast<std::uint8_t>(MessageType::records),
                             encode(answer));
  };
  const Status scanned =
      space::scan_records(reader, question->space, [&](const RecordId& id, Bytes record) {
        if (std::ranges::binary_search(question->ids, short_id(id))) return true;
        if (size + record.size() > part_size_max) {
          failed = send();
          answer.records.clear();
          size = 0;
        }
        size += record.size() + 4;
        answer.records.push_back(to_buffer(record));
        return failed.has_value();
      });
  if (!scanned) return scanned;
  if (!failed) return failed;
  answer.last = true;
  return send();
}

Status handle_records(State& state, LinkState& link, Bytes body, log::Draft& draft) {
  const auto records = decode_records(body);
  if (!records) return pass(records);
  if (!link.asking.contains(records->space))
    return fail(Errc::invalid, "records that nobody asked for");
  if (records->last) link.asking.erase(records->space);
  const auto added = space::accept_records(draft, records->space, records->records);
  if (!added) return pass(added);
  if (*added > 0) {
    state.news.rosters.push_back(records->space);
    const Status spaces = load_spaces(state, draft);
    if (!spaces) return spaces;
    const Status mine = load_mine(state, draft);
    if (!mine) return mine;
    for (auto& [id, other] : state.links) {
      other.announce_rosters.insert(records->space);
      // Logs that were announced before they were admitted can be pulled now.
      for (const auto& [log, held] : state.devices[other.device].held) want(state, other, log);
    }
  }
  take_watermark(state, link);
  return ask_records(state, link, draft);
}

}  // namespace syncline::sync
