// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/workload.h"

#include "protocol/space/own_log.h"

#include <charconv>

namespace syncline::sim {

namespace {

crdt::Op set_title(const std::string& title) {
  return {{}, crdt::MapSet{"title", crdt::Scalar(std::string(canary) + title)}};
}

}  // namespace

Workload::Workload(World& world, const Options& options)
    : world_(world), options_(options), random_(world.random().fork()) {}

void Workload::begin() {
  step::EntityCreate create;
  create.type = "ledger";
  create.ops.push_back(set_title("ledger"));
  ledger_ = world_.get<step::WrittenAnswer>(0, std::move(create)).entity;
  entities_.insert(ledger_);
  const auto spaces = world_.get<step::SpacesAnswer>(0, step::SpaceList{});
  if (!spaces.spaces.empty()) home_ = spaces.spaces.front().id;
}

void Workload::start() {
  for (std::size_t i = 0; i < world_.size(); ++i) plan(i);
}

void Workload::plan(std::size_t index) {
  const Duration wait = random_.between(options_.pause / 8, options_.pause * 2);
  world_.schedule().after(wait, [this, index, shift = shift_] {
    if (shift != shift_) return;
    if (world_[index].is_up()) act(index);
    plan(index);
  });
}

void Workload::act(std::size_t index) {
  const std::uint64_t what = random_.below(100);
  if (what < options_.deletions) return remove(index);
  if (what < 25) {
    step::Wait wait = step::Wait::local;
    const std::uint64_t kind = random_.below(100);
    if (kind < options_.buffered)
      wait = step::Wait::local_buffered;
    else if (kind < options_.buffered + options_.waiting)
      wait = random_.chance(70) ? step::Wait::one_device : step::Wait::all_devices;
    return write_ledger(index, wait);
  }
  if (what < 35) return create(index);
  if (what < 40) return resolve(index);
  if (what < 45) return follow(index);
  if (what < 50) return read(index);
  edit(index);
}

// ---- what devices say --------------------------------------------------------------------------

// Whether it was done. What a caller can cause, or a fault explains, is no failure.
bool Workload::accept(std::size_t index, const Result<step::Answer>& answer) {
  if (answer) return true;
  ++refused_;
  switch (answer.error().code) {
    case Errc::locked:
    case Errc::busy:
    case Errc::not_found:
    case Errc::already_exists:
    case Errc::conflict:
    case Errc::invalid:
    case Errc::degraded:
    case Errc::disk_full:
    case Errc::timeout:
    case Errc::cancelled:
    case Errc::wrong_password:
    case Errc::unreachable: return false;
    default: break;
  }
  world_.verdict().fail("d" + std::to_string(index) + " answers " +
                        std::string(name_of(answer.error().code)) + ": " + answer.error().context);
  return false;
}

// Which event an answer is about stands in its version: the newest of this device's log.
void Workload::promise(std::size_t index, const step::WrittenAnswer& answer, std::string marker,
                       step::Wait wait) {
  ++acknowledged_;
  const StoreReader& disk = world_[index].disk();
  const auto own = space::find_own_log(disk, home_);
  if (!own || !*own) return world_.verdict().fail("a device that writes has no log");
  const LogId log = log::log_id_of(**own);
  const std::size_t found = answer.version.find(log.hex().substr(0, 12) + ".");
  if (found == std::string::npos) return;  // written by an earlier incarnation
  std::uint64_t seq = 0;
  const char* digits = answer.version.c_str() + found + 13;
  std::from_chars(digits, answer.version.c_str() + answer.version.size(), seq);
  log::ChainHashes hashes;
  const auto hash = hashes.at(disk, log, seq);
  if (!hash)
    return world_.verdict().fail("I1: d" + std::to_string(index) + " acknowledges event " +
                                 std::to_string(seq) + ", which it does not hold");
  Promise made{index,
               log,
               {seq, *hash},
               std::move(marker),
               wait == step::Wait::local_buffered ? Durability::buffered : Durability::synced,
               false};
  check_durable_elsewhere(index, made, wait);
  world_.promises().add(std::move(made));
}

// I6: a device that waited for others was told the truth about them.
void Workload::check_durable_elsewhere(std::size_t index, const Promise& promise, step::Wait wait) {
  if (wait != step::Wait::one_device && wait != step::Wait::all_devices) return;
  std::size_t holding = 0;
  for (std::size_t i = 0; i < world_.size(); ++i) {
    if (i == index) continue;
    const auto found = world_.watch().durable(i).find(promise.log);
    holding += found != world_.watch().durable(i).end() && found->second.seq >= promise.at.seq;
  }
  if (holding == 0)
    world_.verdict().fail("I6: d" + std::to_string(index) +
                          " says that another device holds event " +
                          std::to_string(promise.at.seq) + " durably, and none does");
}

// ---- actions -----------------------------------------------------------------------------------

void Workload::contend(std::size_t index, const std::string& field) {
  const crdt::Scalar value("of d" + std::to_string(index));
  write_ledger(index, step::Wait::local, {crdt::Op{{}, crdt::MapSet{field, value}}});
}

void Workload::write_ledger(std::size_t index, step::Wait wait, std::vector<step::EditOp> more) {
  step::EntityUpdate update;
  update.entity = ledger_;
  update.wait = wait;
  update.ops = std::move(more);
  const std::string marker = "m" + std::to_string(next_++);
  update.ops.push_back(
      crdt::Op{{}, crdt::MapSet{marker, crdt::Scalar(static_cast<std::int64_t>(index))}});
  if (random_.chance(20)) update.idempotency_key = marker;
  world_[index].ask(std::move(update), [this, index, marker, wait](Result<step::Answer> answer) {
    if (accept(index, answer)) promise(index, std::get<step::WrittenAnswer>(*answer), marker, wait);
  });
}

void Workload::create(std::size_t index) {
  step::EntityCreate create;
  create.type = random_.chance(50) ? "note" : "task";
  create.ops.push_back(set_title("note " + std::to_string(next_++)));
  if (random_.chance(50))
    create.ops.push_back(crdt::Op{{"body"}, crdt::TextInsert{0, std::string(canary) + " body"}});
  world_[index].ask(std::move(create), [this, index](Result<step::Answer> answer) {
    if (!accept(index, answer)) return;
    const auto& written = std::get<step::WrittenAnswer>(*answer);
    entities_.insert(written.entity);
    promise(index, written, "", step::Wait::local);
  });
}

std::optional<EntityId> Workload::pick() {
  if (entities_.size() < 2) return std::nullopt;
  // Few enough to be edited by several at once: the newest ones mostly.
  auto found = entities_.begin();
  std::advance(found, static_cast<std::ptrdiff_t>(
                          random_.below(std::min<std::size_t>(entities_.size(), 12))));
  return *found == ledger_ ? std::nullopt : std::optional(*found);
}

void Workload::edit(std::size_t index) {
  const auto entity = pick();
  if (!entity) return;
  world_[index].ask(step::EntityGet{*entity, false}, [this, index](Result<step::Answer> answer) {
    if (!accept(index, answer)) return;
    const auto& seen = std::get<step::EntityAnswer>(*answer);
    step::EntityUpdate update;
    update.entity = seen.entity;
    update.ops = random_edits(random_, seen, next_++);
    update.wait = random_.chance(30) ? step::Wait::local_buffered : step::Wait::local;
    if (random_.chance(10)) update.if_version = seen.version;
    const step::Wait wait = update.wait;
    world_[index].ask(std::move(update), [this, index, wait](Result<step::Answer> written) {
      if (!accept(index, written)) return;
      const auto& done = std::get<step::WrittenAnswer>(*written);
      if (done.ops_applied > 0) promise(index, done, "", wait);
    });
  });
}

void Workload::remove(std::size_t index) {
  const auto entity = pick();
  if (!entity) return;
  step::EntityDelete command;
  command.entity = *entity;
  world_[index].ask(std::move(command),
                    [this, index](Result<step::Answer> answer) { accept(index, answer); });
}

void Workload::resolve(std::size_t index) {
  world_[index].ask(step::ConflictList{}, [this, index](Result<step::Answer> answer) {
    if (!accept(index, answer)) return;
    const auto& conflicts = std::get<step::ConflictsAnswer>(*answer).conflicts;
    if (conflicts.empty()) return;
    const step::ConflictRow& row = conflicts[random_.below(conflicts.size())];
    step::ConflictResolve command;
    command.entity = row.entity;
    command.slot = row.path;
    if (row.path.empty() || random_.chance(80))
      command.choose = static_cast<std::uint32_t>(random_.below(row.values.size() + 1));
    world_[index].ask(std::move(command),
                      [this, index](Result<step::Answer> done) { accept(index, done); });
  });
}

void Workload::read(std::size_t index) {
  const auto done = [this, index](Result<step::Answer> answer) { accept(index, answer); };
  switch (random_.below(4)) {
    case 0: world_[index].ask(step::SystemStatus{}, done); return;
    case 1: world_[index].ask(step::EntityList{}, done); return;
    case 2: world_[index].ask(step::SyncNow{}, done); return;
    default:
      if (const auto entity = pick()) {
        step::EntityHistory command;
        command.entity = *entity;
        world_[index].ask(std::move(command), done);
      }
  }
}

// ---- subscriptions -----------------------------------------------------------------------------

void Workload::follow(std::size_t index) {
  Subscription& own = subscriptions_[index];
  if (own.start == world_[index].starts() && own.sub != 0) return poll(index);
  own = Subscription{world_[index].starts(), 0, false};
  world_[index].ask(step::SubOpen{}, [this, index](Result<step::Answer> answer) {
    if (accept(index, answer)) subscriptions_[index].sub = std::get<step::SubAnswer>(*answer).sub;
  });
}

void Workload::poll(std::size_t index) {
  Subscription& own = subscriptions_[index];
  if (own.polling) return;
  own.polling = true;
  step::EventsPoll command;
  command.sub = own.sub;
  command.wait = std::chrono::seconds(5);
  world_[index].ask(std::move(command), [this, index](Result<step::Answer> answer) {
    Subscription& mine = subscriptions_[index];
    mine.polling = false;
    if (!accept(index, answer)) return;
    const auto& events = std::get<step::EventsAnswer>(*answer);
    world_[index].ask(step::SubAck{mine.sub, events.cursor},
                      [this, index](Result<step::Answer> done) { accept(index, done); });
  });
}

}  // namespace syncline::sim
