// SPDX-License-Identifier: Apache-2.0
//
// Device: one simulated installation: a disk, a clock, and while it runs the real core.
//
// It drives the core with the agent's own group commit and anchor keeper, exactly as the
// agent's runtime does, and can die at every point in between. What survives it dying is the
// disk, the identity file and the anchor file; nothing else.
#pragma once

#include "agent/anchor_keeper.h"
#include "agent/group_commit.h"
#include "agent/node_core.h"
#include "tests/sim/network.h"
#include "tests/sim/promises.h"
#include "tests/sim/watched_store.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace syncline::sim {

enum class Death : std::uint8_t {
  killed,     // the process ends, the operating system goes on: what was committed is there
  power_cut,  // what was not synced is gone, and nobody hears of it
};

// The order of what the shell does; the second is a planted bug.
enum class ShellOrder : std::uint8_t { persist_then_speak, speak_then_persist };

// What a person copies when they back up a home.
struct Backup {
  storage::MemoryStore store;
  std::optional<Buffer> identity;
  std::vector<step::AnchorHead> anchor;
};
enum class AnchorAfterRestore : std::uint8_t { newest, of_backup };

class Device final : public Network::Door {
 public:
  struct Ground {
    Schedule& schedule;
    Trace& trace;
    Verdict& verdict;
    Watch& watch;
    Promises& promises;
    Network& network;
  };
  struct Options {
    std::size_t index = 0;
    std::uint64_t seed = 0;
    ShellOrder order = ShellOrder::persist_then_speak;
  };
  using Done = std::function<void(Result<step::Answer>)>;

  Device(const Ground& ground, const Options& options);
  ~Device() override;

  // ---- life
  void start();
  void die(Death death);
  // Dies in the group that commits `commits` commits from now, after `effects` of its effects.
  void die_at(std::uint64_t commits, std::size_t effects, Death death);
  void cancel_death() { doom_.reset(); }
  void stop();  // in good order
  bool is_up() const { return process_ != nullptr; }
  // How often it has been started.
  std::uint64_t starts() const { return starts_; }

  // ---- the disk and what lies beside it
  Backup back_up() const;
  // Requires: not running.
  void restore(const Backup& backup, AnchorAfterRestore anchor);
  void fill_disk(std::uint64_t after_commits) { disk_.fail_after(after_commits); }
  void empty_disk() { disk_.fix_disk(); }
  const storage::MemoryStore& disk() const { return disk_; }

  // ---- the clock on its wall
  void set_clock(std::int64_t unix_ms);
  Now now() const;

  // ---- callers of the local API
  // `done` is called with the answer, unless the device dies first.
  RequestId ask(step::Command command, Done done);
  void withdraw(RequestId request);
  // For questions that are answered in one group. Errors: Errc::timeout if this one was not.
  Result<step::Answer> ask_now(step::Command command);

  std::uint64_t steps() const { return steps_; }
  const std::vector<std::string>& notes() const { return notes_; }

  // ---- Network::Door
  Link next_link() override { return Link{++last_link_}; }
  void link_up(step::LinkUp up) override { push(std::move(up)); }
  void link_down(Link link) override { push(step::LinkDown{link}); }
  void dial_failed(Link link, std::string reason) override {
    push(step::DialFailed{link, std::move(reason)});
  }
  void received(Link link, Buffer bytes) override;
  void drained(step::Drained drained) override { push(drained); }

 private:
  struct Process;
  class CountingCore;
  class Draws;
  struct Doom {
    std::uint64_t commits = 0;
    std::size_t effects = 0;
    Death death = Death::killed;
  };

  void push(step::Input input);
  void plan_group();
  void run_group();
  void perform(step::Effect& effect);
  bool doomed(std::uint64_t commits_before);
  void stretch(const step::StretchPassword& wanted);
  void commit_failed();
  void try_reopen();
  void arm(std::optional<Instant> wake_at);
  void count_short_wait(Duration wait);
  void write_anchor();
  void remember_anchor();
  // Plans something that is dropped if this run of the device has ended by then.
  void after(Duration wait, std::function<void()> action);

  Ground ground_;
  std::size_t index_;
  ShellOrder order_;
  SeededRandom random_;           // of the shell: delays
  std::unique_ptr<Draws> draws_;  // of the core
  storage::MemoryStore disk_;
  std::optional<Buffer> identity_;
  std::vector<step::AnchorHead> anchor_;
  std::map<LogId, std::uint64_t> anchored_;  // the last event of each log that was ever in it
  std::int64_t wall_offset_ms_;
  std::unique_ptr<Process> process_;
  std::optional<Doom> doom_;
  std::uint64_t starts_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t last_link_ = 0;
  std::uint64_t last_request_ = 0;
  std::vector<std::string> notes_;
};

}  // namespace syncline::sim
