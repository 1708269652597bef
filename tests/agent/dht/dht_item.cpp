// SPDX-License-Identifier: Apache-2.0
//
// dht_item: a device's record, sealed, put and read as the agent does it, for tests beside other
// implementations. The keys are those of a test.
//
//   dht_item seal           prints: item key, its seed, seq, value (hexadecimal)
//   dht_item put HOST:PORT  puts it by that node, and prints: item key, seq, value, copies
//   dht_item get HOST:PORT  prints the addresses and relays of the record that is there
#include "agent/clocks.h"
#include "agent/dht/mainline_dht.h"
#include "agent/system_random.h"

#include <condition_variable>
#include <cstdio>
#include <mutex>

using namespace syncline;

namespace {

const std::string device_seed = "0123456789abcdef0123456789abcdef";

crypto::SigningKey device_key() {
  std::array<std::uint8_t, 32> seed{};
  std::copy(device_seed.begin(), device_seed.end(), seed.begin());
  return crypto::SigningKey::from_seed(crypto::SigningSeed::copy_of(seed));
}

discovery::RecordKeys keys_now() {
  const std::array<std::uint8_t, 32> audience{7};
  const auto key = crypto::DiscoveryKey::copy_of(audience);
  const auto clock = discovery::DayClock::of(key.expose());
  return discovery::record_keys(key.expose(), {DeviceId{}, clock.at(agent::clocks_now().wall)});
}

discovery::DhtItem seal() {
  agent::SystemRandom random;
  discovery::DhtRecord record;
  record.minute = discovery::next_minute(agent::clocks_now().wall, 0);
  record.addresses = {*session::compact_address("192.0.2.7:4711"),
                      *session::compact_address("[2001:db8::7]:4711")};
  record.relays = {"relay.example:4460"};
  const crypto::SigningKey device = device_key();
  return discovery::seal_record(record, keys_now(), &device, random);
}

// One operation by a node of its own.
class Once {
 public:
  explicit Once(const std::string& node) {
    agent::MainlineOptions options;
    options.routers = {node};
    options.listen = {"127.0.0.1"};
    options.network = agent::MainlineOptions::Network::closed;
    // The loop is this thread alone: it looks at what was posted while it waits.
    dht = agent::make_mainline_dht(options,
                                   [this](std::function<void()> what) {
                                     const std::lock_guard<std::mutex> lock(mutex_);
                                     posted_.push_back(std::move(what));
                                     wake_.notify_one();
                                   },
                                   {.found =
                                        [this](agent::Dht::Found it) {
                                          if (it.item) item = it.item;
                                          is_over = is_over || it.item || it.is_last;
                                        },
                                    .stored =
                                        [this](agent::Dht::Stored it) {
                                          copies = it.copies;
                                          is_over = true;
                                        },
                                    .state = [](const agent::Dht::State&) {},
                                    .known = [](const std::vector<std::string>&) {}});
  }
  void wait() {
    while (!is_over) {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [this] { return !posted_.empty(); });
      const auto next = std::move(posted_.front());
      posted_.erase(posted_.begin());
      lock.unlock();
      next();
    }
  }
  std::optional<discovery::DhtItem> item;
  std::size_t copies = 0;
  bool is_over = false;
  std::unique_ptr<agent::Dht> dht;

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::function<void()>> posted_;
};

int put(const std::string& node) {
  const discovery::RecordKeys keys = keys_now();
  const discovery::DhtItem item = seal();
  Once once(node);
  once.dht->put(keys.sign.verify_key(), item);
  once.wait();
  once.dht.reset();
  std::printf("%s %lld %s %zu\n", keys.sign.verify_key().hex().c_str(),
              static_cast<long long>(item.seq), to_hex(item.value).c_str(), once.copies);
  return once.copies > 0 ? 0 : 1;
}

int get(const std::string& node) {
  const discovery::RecordKeys keys = keys_now();
  Once once(node);
  once.dht->get(keys.sign.verify_key());
  once.wait();
  once.dht.reset();
  if (!once.item) return 1;
  const auto opened = discovery::open_record(
      *once.item, keys, {.device = device_key().verify_key(), .now = agent::clocks_now().wall});
  if (!opened) {
    std::fprintf(stderr, "dht_item: %s\n", opened.error().context.c_str());
    return 1;
  }
  for (const auto& address : opened->record.addresses)
    std::printf("%s ", session::address_text(address).c_str());
  for (const auto& relay : opened->record.relays) std::printf("%s ", relay.c_str());
  std::puts(opened->voucher == discovery::Voucher::device ? "signed" : "unsigned");
  return 0;
}

int print_sealed() {
  const discovery::RecordKeys keys = keys_now();
  const discovery::DhtItem item = seal();
  std::printf("%s %s %lld %s\n", keys.sign.verify_key().hex().c_str(),
              to_hex(keys.sign.seed().expose()).c_str(), static_cast<long long>(item.seq),
              to_hex(item.value).c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "seal" && argc == 2) return print_sealed();
  if (what == "put" && argc == 3) return put(argv[2]);
  if (what == "get" && argc == 3) return get(argv[2]);
  std::fputs("usage: dht_item seal | put HOST:PORT | get HOST:PORT\n", stderr);
  return 2;
}
