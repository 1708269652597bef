// SPDX-License-Identifier: Apache-2.0
//
// Home: what one agent keeps on disk, opened and checked: lock, store, identity, anchor, port.
//
// Everything is read once, when the agent starts; later only the anchor, the identity and
// the port are written. What the content means is for the core. Destroy it last: it holds
// the lock.
#pragma once

#include "protocol/step/step.h"
#include "storage/anchor_file.h"
#include "storage/rocks_store.h"
#include "storage/vault_home.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace syncline::agent {

enum class Damage { refuse, salvage };

class Home {
 public:
  // Errors name their next step: Errc::busy (another agent), Errc::forbidden (permissions),
  // Errc::unsupported (made by a newer version), Errc::corrupt (a damaged store, with
  // Damage::refuse), Errc::io, Errc::disk_full.
  static Result<std::unique_ptr<Home>> open(const std::filesystem::path& path, Damage damage);

  storage::RocksStore& store() { return *store_; }
  // What was kept of an earlier run; the identity is given away once.
  std::optional<Buffer> take_identity() { return std::exchange(identity_, std::nullopt); }
  const std::vector<step::AnchorHead>& anchored() const { return anchored_; }
  // The store may be older than it should be: damaged, or with nothing to compare it to.
  bool was_salvaged() const { return store_salvaged_ || anchor_damaged_; }
  // Of an error while starting: says what to do if the reason is a damaged store.
  Error with_next_step(const Error& error) const;
  // What salvages kept, now and earlier.
  std::vector<std::filesystem::path> damaged_copies() const;
  // What a person should know about how the opening went.
  const std::vector<std::string>& remarks() const { return remarks_; }

  Status save_identity(Bytes identity);
  Status write_anchor(const std::vector<step::AnchorHead>& heads);

  // The port other devices know this one by; 0 before the first run.
  std::uint16_t usual_port() const;
  Status save_usual_port(std::uint16_t port);
  // Nodes of the DHT that answered an earlier run, "ip:port".
  std::vector<std::string> dht_nodes() const;
  Status save_dht_nodes(const std::vector<std::string>& nodes);

 private:
  explicit Home(storage::VaultHome home) : home_(std::move(home)) {}
  Status open_store(Damage damage);
  Status salvage_store();
  Status doubt_own_logs();
  Status read_identity();
  Status read_anchor();
  Status check_store_place() const;
  Status forget_anchor();
  Status use_identity(Bytes identity);

  storage::VaultHome home_;
  std::unique_ptr<storage::RocksStore> store_;
  std::optional<storage::AnchorFile> anchor_;
  std::optional<Buffer> identity_;
  std::vector<step::AnchorHead> anchored_;
  std::vector<std::string> remarks_;
  bool anchor_damaged_ = false;
  bool salvage_wanted_ = false;
  bool store_salvaged_ = false;
};

}  // namespace syncline::agent
