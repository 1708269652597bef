// SPDX-License-Identifier: Apache-2.0
//
//   meta "own/" ‖ space 32 -> incarnation u32 ‖ log id 16 of the log this device writes there
#include "protocol/space/own_log.h"

#include "protocol/space/roster_store.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace syncline::space {
namespace {

constexpr std::uint32_t first_incarnation = 1;
constexpr std::uint64_t incarnation_gap_max = std::uint64_t{1} << 16;

struct OwnLog {
  std::uint32_t incarnation = 0;
  LogId log;
};

Buffer own_key(const SpaceId& space) {
  Buffer key = to_buffer(as_bytes("own/"));
  append(key, space.view());
  return key;
}

Result<std::optional<OwnLog>> find_own(const StoreReader& reader, const SpaceId& space) {
  const auto stored = reader.get(Family::meta, own_key(space));
  if (!stored) return pass(stored);
  if (!*stored) return std::optional<OwnLog>();
  wire::Reader in(**stored);
  OwnLog own{in.u32(), in.id<LogId>()};
  const auto done = in.finish(own);
  if (!done) return fail(Errc::corrupt, "which log this device writes is damaged");
  return std::optional<OwnLog>(*done);
}

// Admits the log if the roster does not name it yet, and remembers it as the current one.
Result<log::LogOrigin> take_up(log::Draft& draft, const OwnLogContext& context,
                               const SpaceId& space, std::uint32_t incarnation) {
  const auto roster = load_space_roster(draft, space);
  if (!roster) return pass(roster);
  const auto user_key = context.keys.space_user_key(roster->genesis().salt);
  if (user_key.verify_key() != roster->genesis().user_key)
    return fail(Errc::forbidden, "this account does not admit logs to the space");
  const auto log_key = context.secrets.log_key(space, incarnation);
  const Record admit =
      make_log_admit(*roster, user_key, {log_key.verify_key(), incarnation, Role::writer});
  const auto accepted = accept_record(draft, space, encode_record(admit));
  if (!accepted) return pass(accepted);
  const log::LogOrigin origin{space, log_key.verify_key(), incarnation, record_id(admit)};
  wire::Writer own;
  own.u32(incarnation).id(log_id_of(origin));
  draft.put(Family::meta, own_key(space), own.take());
  return origin;
}

}  // namespace

Result<log::LogOrigin> ensure_own_log(log::Draft& draft, const OwnLogContext& context,
                                      const SpaceId& space, Random& random) {
  const auto current = find_own_log(draft, space);
  if (!current) return pass(current);
  if (*current) return **current;
  const auto first = log::find_head(draft, first_own_log(context.secrets, space));
  if (!first) return pass(first);
  if (*first && ((*first)->seq() > 0 || (*first)->frozen))
    return next_incarnation(draft, context, space, random);
  return take_up(draft, context, space, first_incarnation);
}

Result<log::LogOrigin> next_incarnation(log::Draft& draft, const OwnLogContext& context,
                                        const SpaceId& space, Random& random) {
  const auto current = find_own(draft, space);
  if (!current) return pass(current);
  const std::uint64_t last = *current ? (*current)->incarnation : 0;
  const std::uint64_t next = last + 1 + random.below(incarnation_gap_max);
  if (next > UINT32_MAX) return fail(Errc::limit, "this device has no incarnation left");
  return take_up(draft, context, space, static_cast<std::uint32_t>(next));
}

LogId first_own_log(const DeviceSecrets& secrets, const SpaceId& space) {
  const auto key = secrets.log_key(space, first_incarnation).verify_key();
  return log::log_id_of(space, key, first_incarnation);
}

Result<std::optional<log::LogOrigin>> find_own_log(const StoreReader& reader,
                                                   const SpaceId& space) {
  const auto own = find_own(reader, space);
  if (!own) return pass(own);
  if (!*own) return std::optional<log::LogOrigin>();
  const auto head = log::find_head(reader, (*own)->log);
  if (!head) return pass(head);
  if (!*head) return fail(Errc::corrupt, "the log this device writes is not known");
  return std::optional<log::LogOrigin>((*head)->origin);
}

Result<log::LogAppender> open_appender(const StoreReader& reader, const DeviceSecrets& secrets,
                                       const log::LogOrigin& origin) {
  return log::LogAppender::open(reader, origin, secrets.log_key(origin.space, origin.incarnation));
}

}  // namespace syncline::space
