// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/watch.h"

#include "protocol/log/log_store.h"

#include <algorithm>
#include <cstring>

namespace syncline::sim {

namespace {

constexpr unsigned filter_bits = 17;

std::uint64_t start_of(const std::uint8_t* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

std::uint64_t slot_of(std::uint64_t word) {
  return (word * 0x9e3779b97f4a7c15U) >> (64 - filter_bits);
}

std::uint64_t mixed(std::uint64_t hash, Bytes bytes) {
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3U;
  return hash;
}

}  // namespace

Watch::Watch(Verdict& verdict) : verdict_(verdict), filter_((std::size_t{1} << filter_bits) / 64) {
  secrets_.emplace(start_of(as_bytes(canary).data()), to_buffer(as_bytes(canary)));
  remember_start(as_bytes(canary));
}

void Watch::remember_start(Bytes start) {
  const std::uint64_t slot = slot_of(start_of(start.data()));
  filter_[slot / 64] |= std::uint64_t{1} << (slot % 64);
}

void Watch::drawn(Bytes bytes) {
  secrets_.insert_or_assign(start_of(bytes.data()), to_buffer(bytes));
  remember_start(bytes);
}

void Watch::not_secret(Bytes bytes) { secrets_.erase(start_of(bytes.data())); }

void Watch::search(std::size_t device, const char* verb, Bytes bytes) {
  bytes_searched_ += bytes.size();
  for (std::size_t at = 0; at + 8 <= bytes.size(); ++at) {
    const std::uint64_t word = start_of(bytes.data() + at);
    const std::uint64_t slot = slot_of(word);
    if ((filter_[slot / 64] >> (slot % 64) & 1) == 0) continue;
    const auto found = secrets_.find(word);
    if (found == secrets_.end() || bytes.size() - at < found->second.size()) continue;
    if (!equal(bytes.subspan(at, found->second.size()), found->second)) continue;
    const bool key = found->second.size() != canary.size();
    std::string text = "I5: d" + std::to_string(device) + " " + verb + " " +
                       (key ? "a key" : "plaintext") + " at byte " + std::to_string(at) + " of " +
                       std::to_string(bytes.size());
    if (!postponed_) return verdict_.fail(std::move(text));
    postponed_->push_back({found->second, std::move(text)});
  }
}

void Watch::judge() {
  if (!postponed_) return;
  for (const Finding& finding : *postponed_)
    if (secrets_.contains(start_of(finding.secret.data()))) verdict_.fail(finding.text);
  postponed_.reset();
}

bool Watch::check_nonce(std::size_t device, Bytes nonce, std::uint64_t what) {
  Use use;
  std::copy(nonce.begin(), nonce.end(), use.nonce.begin());
  use.what = what;
  const auto [found, is_new] = nonces_.emplace(start_of(nonce.data()), use);
  if (!is_new && found->second.nonce == use.nonce && found->second.what != what)
    verdict_.fail("T-25: d" + std::to_string(device) + " uses a nonce for two things");
  return is_new;
}

void Watch::check_events(std::size_t device, const Write& write) {
  const auto block = log::decode_block(*write.value);
  if (!block) return verdict_.fail("I2: d" + std::to_string(device) + " stores a damaged block");
  const LogId log = *LogId::from(Bytes(write.key).first(LogId::size));
  const bool is_closed = devices_[device].closed.contains(log);
  std::uint64_t seq = block->header.first_seq;
  for (const log::EventView& event : block->events) {
    std::uint64_t what = mixed(seq++, log.view());
    what = mixed(what, event.etag.view());
    what = mixed(what, event.ciphertext.last(crypto::aead_tag_size));
    const bool is_new = check_nonce(device, event.nonce.view(), what);
    // What it once wrote there comes back from others; anything else it has written now.
    if (is_new && is_closed)
      verdict_.fail("L9: d" + std::to_string(device) + " writes event " + std::to_string(seq - 1) +
                    " of log " + log.hex().substr(0, 8) + ", the end of which it had lost");
  }
}

// Rows that are sealed for this device alone start with their nonce.
void Watch::check_sealed(std::size_t device, const Write& write) {
  if (write.value->size() < crypto::sealed_box_overhead) return;
  check_nonce(device, Bytes(*write.value).first(crypto::Nonce::size),
              mixed(mixed(0, write.key), Bytes(*write.value).last(crypto::aead_tag_size)));
}

void Watch::committed(std::size_t device, const std::vector<Write>& writes, Durability durability) {
  OfDevice& of = devices_[device];
  for (const Write& write : writes) {
    search(device, "stores", write.key);
    if (write.family == Family::heads && write.key.size() == LogId::size) {
      const auto head = write.value ? log::decode_head_record(*write.value) : fail(Errc::not_found);
      if (head)
        of.stored[*LogId::from(write.key)] = head->head.at;
      else
        of.stored.erase(*LogId::from(write.key));
    }
    if (!write.value) continue;
    search(device, "stores", *write.value);
    if (write.family == Family::events) check_events(device, write);
    if (write.family == Family::view || write.family == Family::keys) check_sealed(device, write);
  }
  if (durability == Durability::synced) synced(device);
}

void Watch::reread(std::size_t device, const StoreReader& store) {
  OfDevice& of = devices_[device];
  of.stored.clear();
  const Status scanned =
      log::scan_heads(store, [&](const LogId& log, const log::HeadRecord& record) {
        of.stored[log] = record.head.at;
        return true;
      });
  if (!scanned) verdict_.fail("d" + std::to_string(device) + " has a damaged head record");
  of.durable = of.stored;
}

}  // namespace syncline::sim
