// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/device.h"

#include "protocol/crypto/hash.h"

#include <algorithm>

namespace syncline::sim {

namespace {

constexpr std::int64_t wall_start_ms = 1'750'000'000'000;
constexpr std::size_t waiting_max = 4096;
constexpr std::size_t short_waits_max = 400;  // in one second
constexpr std::size_t notes_max = 1000;
constexpr Duration reopen_wait_first = 1s;
constexpr Duration reopen_wait_max = 30s;

}  // namespace

// The core, counting what it is asked.
class Device::CountingCore final : public agent::Core {
 public:
  CountingCore(std::unique_ptr<node::Node> node, std::uint64_t& steps)
      : core_(std::move(node)), steps_(steps) {}
  step::Step handle(step::Input input, Now now) override {
    ++steps_;
    return core_.handle(std::move(input), now);
  }
  step::Step settle(Now now) override {
    ++steps_;
    return core_.settle(now);
  }

 private:
  agent::NodeCore core_;
  std::uint64_t& steps_;
};

// What the core draws: keys are drawn 32 bytes at a time, and are watched from then on.
class Device::Draws final : public Random {
 public:
  Draws(std::uint64_t seed, Watch& watch) : random_(seed), watch_(watch) {}
  void fill(std::span<std::uint8_t> out) override {
    random_.fill(out);
    if (out.size() == 32) watch_.drawn(out);
  }

 private:
  SeededRandom random_;
  Watch& watch_;
};

// What a running agent has in memory.
struct Device::Process {
  Process(Device& device)
      : store(device.disk_, device.ground_.watch, device.index_),
        staged(store),
        anchor(
            [&device](const std::vector<step::AnchorHead>& heads) {
              device.anchor_ = heads;
              device.remember_anchor();
              return Status();
            },
            device.anchor_) {}

  WatchedStore store;
  StagedStore staged;
  std::unique_ptr<CountingCore> core;
  std::unique_ptr<agent::GroupCommit> group;
  agent::AnchorKeeper anchor;
  Instant booted;
  std::map<RequestId, Done> waiting;
  std::chrono::seconds second{};  // in which short waits are counted
  std::size_t short_waits = 0;
  std::uint64_t wake = 0;  // which of the planned wake-ups counts
  Duration reopen_wait{};  // zero: the store takes writes
  bool group_planned = false;
  bool stopping = false;
};

Device::Device(const Ground& ground, const Options& options)
    : ground_(ground),
      index_(options.index),
      order_(options.order),
      random_(options.seed),
      draws_(std::make_unique<Draws>(random_.next(), ground.watch)),
      wall_offset_ms_(wall_start_ms + static_cast<std::int64_t>(random_.below(60'000))) {
  ground_.watch.add_device();
  ground_.network.add(*this);
}
Device::~Device() = default;

// ---- life --------------------------------------------------------------------------------------

void Device::start() {
  SYNCLINE_CHECK(!is_up());
  process_ = std::make_unique<Process>(*this);
  ++starts_;
  // The monotonic clock of a run starts anywhere: nothing may outlive the run by it.
  process_->booted = Instant{ground_.schedule.now().since_start - random_.between(Duration{}, 1h)};
  if (disk_.is_degraded()) (void)disk_.reopen().has_value();
  ground_.trace.add(ground_.schedule.now(), index_, "start", starts_);
  auto node = node::Node::open({.store = process_->staged,
                                .random = *draws_,
                                .identity = identity_,
                                .anchor = anchor_,
                                .salvaged = false,
                                .options = {}},
                               now());
  if (!node) {
    process_.reset();
    return ground_.verdict.fail("d" + std::to_string(index_) +
                                " does not start: " + node.error().context);
  }
  process_->core = std::make_unique<CountingCore>(std::move(*node), steps_);
  process_->group = std::make_unique<agent::GroupCommit>(
      agent::GroupCommit::Parts{*process_->core, process_->staged, process_->store,
                                [this](Bytes identity) {
                                  identity_ = to_buffer(identity);
                                  anchor_.clear();
                                  anchored_.clear();
                                  process_->anchor.forget();
                                  return Status();
                                }},
      agent::GroupCommit::Limits{});
  if (order_ == ShellOrder::speak_then_persist)
    process_->store.remember(WatchedStore::Memory::last_commit);
  ground_.network.arrive(index_);
  push(step::ListenAddresses{{address_of(index_)}});
  push(step::Tick{});
}

void Device::die(Death death) {
  if (!is_up()) return;
  ground_.trace.add(ground_.schedule.now(), index_, death == Death::killed ? "killed" : "power cut",
                    starts_);
  doom_.reset();
  process_.reset();
  if (death == Death::power_cut) {
    disk_.lose_unsynced();
    ground_.watch.reread(index_, disk_);
    ground_.promises.power_cut(index_, ground_.watch);
  }
  ground_.network.leave(index_,
                        death == Death::killed ? Network::Leaving::told : Network::Leaving::silent);
  ground_.promises.check_store(index_, disk_);
}

void Device::die_at(std::uint64_t commits, std::size_t effects, Death death) {
  doom_ = Doom{disk_.commits() + commits, effects, death};
}

void Device::stop() {
  for (int i = 0; i < 4 && is_up() && !process_->group->empty(); ++i) run_group();
  if (!is_up()) return;
  process_->stopping = true;
  write_anchor();
  ground_.trace.add(ground_.schedule.now(), index_, "stop", starts_);
  process_.reset();
  doom_.reset();
  ground_.network.leave(index_, Network::Leaving::told);
}

// ---- disk --------------------------------------------------------------------------------------

Backup Device::back_up() const { return {disk_.copy(), identity_, anchor_}; }

void Device::restore(const Backup& backup, AnchorAfterRestore anchor) {
  SYNCLINE_CHECK(!is_up());
  disk_.restore(backup.store);
  identity_ = backup.identity;
  if (anchor == AnchorAfterRestore::of_backup) {
    anchor_ = backup.anchor;
    anchored_.clear();
    remember_anchor();
  }
  ground_.watch.reread(index_, disk_);
  std::set<LogId> lost;
  for (const auto& [log, seq] : anchored_) {
    const auto head = ground_.watch.stored(index_).find(log);
    if (head == ground_.watch.stored(index_).end() || head->second.seq < seq) lost.insert(log);
  }
  ground_.watch.rolled_back(index_, std::move(lost));
  ground_.promises.restored(index_, ground_.watch);
  ground_.trace.add(ground_.schedule.now(), index_, "restore", starts_);
}

// ---- clock -------------------------------------------------------------------------------------

Now Device::now() const {
  const Duration since = ground_.schedule.now().since_start;
  const Instant booted = process_ ? process_->booted : Instant{};
  return {Instant{since - booted.since_start},
          WallTime{wall_offset_ms_ +
                   std::chrono::duration_cast<std::chrono::milliseconds>(since).count()}};
}

void Device::set_clock(std::int64_t unix_ms) {
  const Duration since = ground_.schedule.now().since_start;
  wall_offset_ms_ = unix_ms - std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  ground_.trace.add(ground_.schedule.now(), index_, "clock", std::to_string(unix_ms));
}

// ---- inputs ------------------------------------------------------------------------------------

void Device::push(step::Input input) {
  if (!is_up()) return;
  process_->group->push(std::move(input));
  plan_group();
}

void Device::received(Link link, Buffer bytes) {
  if (!is_up()) return;
  ground_.trace.add_bytes(ground_.schedule.now(), index_, "received", bytes);
  process_->group->push_received(link, std::move(bytes));
  plan_group();
}

void Device::after(Duration wait, std::function<void()> action) {
  ground_.schedule.after(wait, [this, run = starts_, action = std::move(action)] {
    if (is_up() && starts_ == run) action();
  });
}

// Whatever becomes ready meanwhile joins the same group.
void Device::plan_group() {
  if (process_->group_planned) return;
  process_->group_planned = true;
  if (process_->group->size() > waiting_max)
    ground_.verdict.fail("I7: d" + std::to_string(index_) + " has too many inputs waiting");
  after(random_.between(std::chrono::microseconds(10), std::chrono::microseconds(300)), [this] {
    process_->group_planned = false;
    run_group();
  });
}

RequestId Device::ask(step::Command command, Done done) {
  const RequestId id{++last_request_};
  if (!is_up()) return id;
  process_->waiting.emplace(id, std::move(done));
  push(step::Request{id, std::move(command)});
  return id;
}

void Device::withdraw(RequestId request) {
  if (is_up() && process_->waiting.erase(request) > 0) push(step::RequestGone{request});
}

Result<step::Answer> Device::ask_now(step::Command command) {
  std::optional<Result<step::Answer>> answer;
  ask(std::move(command), [&](Result<step::Answer> given) { answer = std::move(given); });
  for (int i = 0; i < 20 && is_up() && !answer; ++i) run_group();
  if (answer) return std::move(*answer);
  return fail(Errc::timeout, "no answer in one group");
}

// ---- one group ---------------------------------------------------------------------------------

void Device::run_group() {
  const std::uint64_t commits_before = disk_.commits();
  auto outcome = process_->group->run([this] { return now(); });
  ground_.trace.add(ground_.schedule.now(), index_, "group", outcome.effects.size());
  if (!outcome.committed) commit_failed();
  const bool dies = doomed(commits_before);
  std::size_t left = dies ? doom_->effects : outcome.effects.size();
  for (step::Effect& effect : outcome.effects) {
    if (left-- == 0) break;
    perform(effect);
    if (!is_up()) return;  // a caller's doing
  }
  if (dies) {
    if (order_ == ShellOrder::speak_then_persist) process_->store.take_back_last_commit();
    return die(doom_->death);
  }
  arm(outcome.wake_at);
  if (!process_->group->empty()) plan_group();
}

bool Device::doomed(std::uint64_t commits_before) {
  return doom_ && disk_.commits() > commits_before && disk_.commits() >= doom_->commits;
}

void Device::perform(step::Effect& effect) {
  std::visit(step::Overloaded{
                 [&](step::Dial& it) {
                   ground_.trace.add(ground_.schedule.now(), index_, "dial", it.address);
                   ground_.network.dial(index_, it.link, it.address);
                 },
                 [&](step::Send& it) {
                   ground_.trace.add_bytes(ground_.schedule.now(), index_, "send", it.bytes);
                   ground_.watch.sent(index_, it.bytes);
                   ground_.network.send(index_, it.link, std::move(it.bytes));
                 },
                 [&](step::Hangup& it) {
                   ground_.trace.add(ground_.schedule.now(), index_, "hangup", it.reason);
                   ground_.network.hang_up(index_, it.link);
                 },
                 [](step::Authenticated&) {},
                 [&](step::Reply& it) {
                   const auto found = process_->waiting.find(it.id);
                   if (found == process_->waiting.end()) return;
                   const Done done = std::move(found->second);
                   process_->waiting.erase(found);
                   done(std::move(it.answer));
                 },
                 [&](step::StretchPassword& it) { stretch(it); },
                 [&](step::WriteAnchor& it) {
                   process_->anchor.update(it.heads, now().instant);
                   write_anchor();
                 },
                 [](step::SaveIdentity&) {},  // the group commit saved it before the commit
                 [](step::LanPresence&) {},
                 [](step::DhtPut&) {},
                 [](step::DhtGet&) {},
                 [](step::NetworkReach&) {},
                 [&](step::Note& it) {
                   ground_.trace.add(ground_.schedule.now(), index_, "note",
                                     it.part + ": " + it.text);
                   if (notes_.size() < notes_max) notes_.push_back(it.part + ": " + it.text);
                 },
             },
             effect);
}

// What Argon2id costs is measured elsewhere; here it only has to be a function of its input.
void Device::stretch(const step::StretchPassword& wanted) {
  const Digest digest =
      crypto::Hasher("sim-stretch").add(wanted.salt).add(wanted.password.view()).finish();
  ground_.watch.drawn(digest.view());
  after(random_.between(200ms, 900ms), [this, digest, ticket = wanted.ticket] {
    push(step::Stretched{ticket, crypto::MasterKey::copy_of(crypto::KeyView(digest.bytes))});
  });
}

void Device::arm(std::optional<Instant> wake_at) {
  const std::uint64_t wake = ++process_->wake;
  if (!wake_at) return;
  const Duration wait = std::max(Duration{}, *wake_at - now().instant);
  count_short_wait(wait);
  after(wait, [this, wake] {
    if (process_->wake == wake) push(step::Tick{});
  });
}

// A core that wants to be woken at once, again and again, keeps a processor busy for nothing.
void Device::count_short_wait(Duration wait) {
  const auto second = std::chrono::floor<std::chrono::seconds>(ground_.schedule.now().since_start);
  if (second != process_->second) process_->short_waits = 0;
  process_->second = second;
  if (wait < 1ms && ++process_->short_waits > short_waits_max)
    ground_.verdict.fail("I7: d" + std::to_string(index_) + " wants to be woken without end");
}

// ---- the store and its anchor ------------------------------------------------------------------

void Device::write_anchor() {
  agent::AnchorKeeper& keeper = process_->anchor;
  if (keeper.is_due(now().instant) || process_->stopping) {
    (void)keeper.write(now().instant, [this] { return process_->group->sync(); }).has_value();
  }
  const auto deadline = keeper.deadline();
  if (!deadline || process_->stopping) return;
  after(std::max(Duration{}, *deadline - now().instant), [this] {
    if (process_->anchor.is_due(now().instant)) write_anchor();
  });
}

void Device::remember_anchor() {
  for (const step::AnchorHead& head : anchor_) {
    std::uint64_t& seq = anchored_[head.log];
    seq = std::max(seq, head.seq);
  }
}

void Device::commit_failed() {
  ground_.trace.add(ground_.schedule.now(), index_, "disk full", disk_.commits());
  if (process_->reopen_wait != Duration{}) return;
  process_->reopen_wait = reopen_wait_first;
  after(process_->reopen_wait, [this] { try_reopen(); });
}

void Device::try_reopen() {
  if (disk_.reopen()) {
    process_->reopen_wait = {};
    return push(step::StoreReopened{});
  }
  process_->reopen_wait = std::min(process_->reopen_wait * 2, reopen_wait_max);
  after(process_->reopen_wait, [this] { try_reopen(); });
}

}  // namespace syncline::sim
