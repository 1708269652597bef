// SPDX-License-Identifier: Apache-2.0
#include "agent/home.h"

#include "agent/mend_store.h"
#include "protocol/crypto/hash.h"
#include "protocol/space/device.h"
#include "storage/directory.h"
#include "storage/salvage.h"
#include "storage/schema.h"

#include <algorithm>
#include <charconv>

namespace syncline::agent {
namespace {

constexpr std::string_view port_file = "port";
constexpr std::string_view dht_file = "dht-nodes";  // a line each
constexpr std::string_view anchor_files[] = {"anchor.0", "anchor.1"};

tl::unexpected<Error> identity_damaged() {
  return fail(Errc::corrupt, "device.key is damaged; restore it from a backup");
}

// Also looks for damage that a start as ever would only meet later.
Result<std::unique_ptr<storage::RocksStore>> open_whole(const std::filesystem::path& path) {
  auto opened = storage::RocksStore::open(path, {});
  if (!opened) return opened;
  if (auto whole = (*opened)->verify(); !whole) return pass(whole);
  return opened;
}

}  // namespace

Result<std::unique_ptr<Home>> Home::open(const std::filesystem::path& path, Damage damage) {
  auto vault_home = storage::VaultHome::open(path);
  if (!vault_home) return pass(vault_home);
  std::unique_ptr<Home> home(new Home(std::move(*vault_home)));
  home->salvage_wanted_ = damage == Damage::salvage;
  // The store last: opening it writes, and whoever is refused should find everything as it was.
  if (auto read = home->read_identity(); !read) return pass(read);
  if (auto read = home->read_anchor(); !read) return pass(read);
  if (auto there = home->check_store_place(); !there) return pass(there);
  if (auto opened = home->open_store(damage); !opened) return pass(opened);
  if (auto doubted = home->doubt_own_logs(); !doubted) return pass(doubted);
  return home;
}

Status Home::check_store_place() const {
  std::error_code error;
  const bool empty = std::filesystem::is_empty(home_.store_path(), error);
  const bool missing = error == std::errc::no_such_file_or_directory || (!error && empty);
  // A store is made before there is an identity, so with one this is a loss and no first start.
  if (missing && identity_)
    return fail(Errc::corrupt, "device.key is there, but the store " + home_.store_path().string() +
                                   " is gone; restore it from a backup, or move the home away and "
                                   "join the vault again from another device");
  if (missing) return {};
  // Says what is wrong with it better than the database would.
  if (auto opened = storage::Directory::open(home_.store_path()); !opened) return pass(opened);
  return {};
}

Status Home::open_store(Damage damage) {
  auto opened = damage == Damage::salvage ? open_whole(home_.store_path())
                                          : storage::RocksStore::open(home_.store_path(), {});
  if (!opened && opened.error().code == Errc::corrupt && damage == Damage::salvage)
    return salvage_store();
  if (!opened) return pass(opened);
  store_ = std::move(*opened);
  if (auto brought = storage::bring_to_schema(*store_, {}); !brought)
    return tl::unexpected<Error>(with_next_step(brought.error()));
  return {};
}

Status Home::salvage_store() {
  store_salvaged_ = true;
  auto salvaged = storage::open_salvage(home_.store_path(), {}, mend_store);
  if (!salvaged) return tl::unexpected<Error>(with_next_step(salvaged.error()));
  store_ = std::move(salvaged->store);
  remarks_.push_back(
      "the store was damaged; what could be read is in use, the damaged one is kept in " +
      salvaged->damaged_copy.string());
  if (auto brought = storage::bring_to_schema(*store_, {}); !brought)
    return tl::unexpected<Error>(with_next_step(brought.error()));
  return {};
}

Error Home::with_next_step(const Error& error) const {
  // After a salvage what is not found is what was lost.
  const bool lost =
      error.code == Errc::corrupt || (store_salvaged_ && error.code == Errc::not_found);
  if (!lost) return error;
  if (!salvage_wanted_) return storage::store_damaged(home_.store_path(), error.context);
  return {Errc::corrupt, "what can be read of the store " + home_.store_path().string() +
                             " is not enough (" + error.context +
                             "); restore the home from a backup, or move it away and join the " +
                             "vault again from another device"};
}

// Without the anchor, or with a store that was salvaged, each log that is written here may once
// have been longer; so none of them is to be continued.
Status Home::doubt_own_logs() {
  if (!was_salvaged()) return {};
  const auto logs = current_own_logs(*store_);
  if (!logs) return tl::unexpected<Error>(with_next_step(logs.error()));
  for (const LogId& log : *logs) {
    const bool anchored = std::ranges::any_of(
        anchored_, [&](const step::AnchorHead& head) { return head.log == log; });
    if (!anchored) anchored_.push_back({log, 0, {}});
  }
  return {};
}

Status Home::use_identity(Bytes identity) {
  auto decoded = space::decode_identity(identity);
  if (!decoded) return identity_damaged();
  anchor_.emplace(home_.directory(),
                  crypto::derive<crypto::SubKey>(decoded->box.expose(), "anchor"));
  return {};
}

Status Home::read_identity() {
  auto identity = home_.read_file(storage::VaultHome::device_key_file);
  if (!identity && identity.error().code == Errc::oversized) return identity_damaged();
  if (!identity) return pass(identity);
  if (!*identity) return {};
  if (auto used = use_identity(**identity); !used) return used;
  identity_ = std::move(**identity);
  return {};
}

Status Home::forget_anchor() {
  for (const std::string_view name : anchor_files)
    if (auto removed = home_.remove_file(name); !removed) return removed;
  return {};
}

Status Home::read_anchor() {
  if (!anchor_) return {};
  auto anchor = anchor_->read();
  if (!anchor && anchor.error().code == Errc::corrupt) {
    // Without it a store that was cut short cannot be recognised, so that is what is assumed.
    anchor_damaged_ = true;
    remarks_.push_back("the anchor file is damaged: " + anchor.error().context);
    return {};
  }
  if (!anchor) return pass(anchor);
  if (!*anchor) {
    anchor_damaged_ = true;
    remarks_.push_back(
        "the anchor file is gone, so this device counts as restored from a backup: it fetches its "
        "own logs from your other devices before it writes");
    return {};
  }
  for (const storage::AnchoredLog& one : (*anchor)->logs)
    anchored_.push_back({one.log, one.seq, one.head});
  return {};
}

Status Home::save_identity(Bytes identity) {
  // An anchor that is still there belongs to a device that is no more.
  if (auto forgotten = forget_anchor(); !forgotten) return forgotten;
  anchored_.clear();
  if (auto used = use_identity(identity); !used) return used;
  if (auto read = anchor_->read(); !read) return pass(read);
  // Empty: from now on it is a loss if there is none.
  if (auto written = anchor_->write(StoreEpoch{}, {}); !written) return written;
  anchor_damaged_ = false;
  return home_.write_file(storage::VaultHome::device_key_file, identity);
}

Status Home::write_anchor(const std::vector<step::AnchorHead>& heads) {
  if (!anchor_) return fail(Errc::not_found, "there is no device yet to anchor logs of");
  if (anchor_damaged_) {
    // Not before there is a new one to write: until then the next start must notice as well.
    if (auto forgotten = forget_anchor(); !forgotten) return forgotten;
    if (auto read = anchor_->read(); !read) return pass(read);
    anchor_damaged_ = false;
  }
  std::vector<storage::AnchoredLog> logs;
  logs.reserve(heads.size());
  for (const step::AnchorHead& head : heads) logs.push_back({head.log, head.seq, head.head});
  return anchor_->write(StoreEpoch{}, std::move(logs));
}

std::vector<std::filesystem::path> Home::damaged_copies() const {
  std::vector<std::filesystem::path> copies;
  std::error_code error;
  for (std::filesystem::directory_iterator at(home_.directory().path(), error), end;
       !error && at != end; at.increment(error))
    if (at->path().stem() == "store" && at->path().extension().string().starts_with(".damaged-") &&
        at->path().extension() != ".damaged-partial")
      copies.push_back(at->path());
  std::ranges::sort(copies);
  return copies;
}

std::uint16_t Home::usual_port() const {
  const auto stored = home_.read_file(port_file);
  if (!stored || !*stored) return 0;
  const std::string digits = to_text(**stored);
  std::uint16_t port = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return port;
}

Status Home::save_usual_port(std::uint16_t port) {
  if (port == usual_port()) return {};
  return home_.write_file(port_file, as_bytes(std::to_string(port) + "\n"));
}

std::vector<std::string> Home::dht_nodes() const {
  std::vector<std::string> nodes;
  const auto stored = home_.read_file(dht_file);
  if (!stored || !*stored) return nodes;
  const std::string text = to_text(**stored);
  for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos;
       begin = end + 1)
    nodes.push_back(text.substr(begin, end - begin));
  return nodes;
}

Status Home::save_dht_nodes(const std::vector<std::string>& nodes) {
  std::string text;
  for (const std::string& node : nodes) text += node + "\n";
  return home_.write_file(dht_file, as_bytes(text));
}

}  // namespace syncline::agent
