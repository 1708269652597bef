// SPDX-License-Identifier: Apache-2.0
#include "agent/dht/mainline_dht.h"

#include "tests/agent/dht/swarm.h"

#include <condition_variable>
#include <deque>
#include <iostream>
#include <map>
#include <mutex>

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::agent;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

// The loop of one program: what was posted runs on the thread that waits.
class Loop {
 public:
  PostToLoop post() {
    return [this](std::function<void()> what) {
      const std::lock_guard<std::mutex> lock(mutex_);
      posted_.push_back(std::move(what));
      wake_.notify_one();
    };
  }
  // False: it took too long.
  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds limit = 40s) {
    const auto until = Clock::now() + limit;
    while (!done()) {
      std::unique_lock<std::mutex> lock(mutex_);
      if (!wake_.wait_until(lock, until, [this] { return !posted_.empty(); })) return false;
      const auto next = std::move(posted_.front());
      posted_.pop_front();
      lock.unlock();
      next();
    }
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> posted_;
};

// A node of an agent, and what it told.
struct Program {
  explicit Program(MainlineOptions options) {
    dht = make_mainline_dht(std::move(options), loop.post(),
                            {.found =
                                 [this](Dht::Found it) {
                                   if (it.item) newest[it.key] = *it.item;
                                   if (it.is_last) ++ended[it.key];
                                 },
                             .stored = [this](Dht::Stored it) { stored.push_back(it); },
                             .state = [this](Dht::State it) { state = it; },
                             .known = [this](std::vector<std::string> it) { known = it; }});
  }
  std::size_t put(const crypto::SigningKey& key, const discovery::DhtItem& item) {
    stored.clear();
    dht->put(key.verify_key(), item);
    REQUIRE(loop.run_until([this] { return !stored.empty(); }));
    CHECK(stored.front().seq == item.seq);
    return stored.front().copies;
  }
  // Until there is an item as new as that, or none.
  std::optional<discovery::DhtItem> get(const crypto::VerifyKey& key, std::int64_t seq = 1) {
    // What came since the last time it was looked at.
    (void)loop.run_until([] { return false; }, 1ms);
    newest.erase(key);
    ended.erase(key);
    dht->get(key);
    REQUIRE(loop.run_until([&] {
      const auto found = newest.find(key);
      return ended.contains(key) || (found != newest.end() && found->second.seq >= seq);
    }));
    const auto found = newest.find(key);
    return found == newest.end() ? std::nullopt : std::optional(found->second);
  }

  Loop loop;
  std::map<crypto::VerifyKey, discovery::DhtItem> newest;
  std::map<crypto::VerifyKey, int> ended;
  std::vector<Dht::Stored> stored;
  Dht::State state;
  std::vector<std::string> known;
  std::unique_ptr<Dht> dht;
};

MainlineOptions options_for(const tests::Swarm& swarm) {
  MainlineOptions options;
  options.routers = {swarm.nodes().front()};
  options.listen = {"127.0.0.1"};
  options.network = MainlineOptions::Network::closed;
  return options;
}

crypto::SigningKey key_of(std::uint8_t number) {
  const std::array<std::uint8_t, 32> seed{number};
  return crypto::SigningKey::from_seed(crypto::SigningSeed::copy_of(seed));
}

discovery::DhtItem item_of(const crypto::SigningKey& key, std::int64_t seq, std::size_t size) {
  discovery::DhtItem item{seq, Buffer(size, static_cast<std::uint8_t>(seq)), {}};
  item.signature = key.sign(discovery::bep44_signed_bytes({}, item.seq, item.value));
  return item;
}

}  // namespace

TEST_CASE("what one node publishes another one finds, and the newer of two items wins") {
  const tests::Swarm swarm("127.0.0.1", 12);
  Program one(options_for(swarm)), other(options_for(swarm));
  const crypto::SigningKey key = key_of(1);

  CHECK(one.put(key, item_of(key, 7, 552)) >= 4);
  auto begun = Clock::now();
  auto found = other.get(key.verify_key());
  std::cout << "cold get " << std::chrono::duration<double>(Clock::now() - begun).count() << " s\n";
  REQUIRE(found);
  CHECK(found->seq == 7);
  CHECK(found->value == item_of(key, 7, 552).value);
  CHECK(found->signature == item_of(key, 7, 552).signature);
  CHECK(other.state.works);
  CHECK(other.state.nodes > 0);

  CHECK(one.put(key, item_of(key, 8, 936)) >= 4);
  begun = Clock::now();
  found = other.get(key.verify_key(), 8);
  std::cout << "warm get " << std::chrono::duration<double>(Clock::now() - begun).count() << " s\n";
  REQUIRE(found);
  CHECK(found->seq == 8);
  CHECK(found->value.size() == 936);
}

TEST_CASE("an item that its key did not sign is kept by nobody, and an older one hides none") {
  const tests::Swarm swarm("127.0.0.1", 8);
  Program one(options_for(swarm)), other(options_for(swarm));
  const crypto::SigningKey key = key_of(2);
  discovery::DhtItem forged = item_of(key_of(3), 9, 552);
  CHECK(one.put(key, forged) == 0);
  CHECK(!other.get(key.verify_key()));

  CHECK(one.put(key, item_of(key, 9, 552)) > 0);
  (void)one.put(key, item_of(key, 8, 552));
  const auto found = other.get(key.verify_key(), 9);
  REQUIRE(found);
  CHECK(found->seq == 9);
}

TEST_CASE("an item that is too large and more operations than there is room for end at once") {
  const tests::Swarm swarm("127.0.0.1", 3);
  Program one(options_for(swarm));
  const crypto::SigningKey key = key_of(4);
  CHECK(one.put(key, item_of(key, 1, 1200)) == 0);

  constexpr std::size_t many = Dht::operations_max * 4;
  std::vector<crypto::VerifyKey> keys;
  for (std::size_t i = 0; i < many; ++i) {
    crypto::VerifyKey made = key.verify_key();
    made.bytes[0] = static_cast<std::uint8_t>(i);
    keys.push_back(made);
    one.dht->get(made);
  }
  CHECK(one.loop.run_until([&] { return one.ended.size() == many; }));
  for (const auto& each : keys) CHECK(one.ended[each] == 1);
}

TEST_CASE("where no node answers an operation ends after its limit, and says so") {
  MainlineOptions options;
  options.routers = {"127.0.0.1:1"};
  options.listen = {"127.0.0.1"};
  options.network = MainlineOptions::Network::closed;
  options.operation_limit = 300ms;
  Program lonely(options);
  const crypto::SigningKey key = key_of(5);
  CHECK(!lonely.get(key.verify_key()));
  CHECK(lonely.loop.run_until([&] { return lonely.state.sentence.find("none") == 0; }));
  CHECK(!lonely.state.works);
  CHECK(lonely.put(key, item_of(key, 1, 552)) == 0);
}

TEST_CASE("a node that rests begins again with the nodes it knew, without its router") {
  tests::Swarm swarm("127.0.0.1", 10);
  MainlineOptions options = options_for(swarm);
  options.rest_after = 50ms;
  Program one(options);
  const crypto::SigningKey key = key_of(6);
  CHECK(one.put(key, item_of(key, 1, 552)) > 0);
  CHECK(one.loop.run_until([&] { return !one.known.empty(); }));
  CHECK(one.known.size() <= Dht::nodes_kept_max);
  CHECK(one.loop.run_until([&] { return one.state.sentence.find("rests") != std::string::npos; }));
  CHECK(one.state.works);

  swarm.shrink(1);
  const auto begun = Clock::now();
  CHECK(one.get(key.verify_key()));
  std::cout << "get after a rest " << std::chrono::duration<double>(Clock::now() - begun).count()
            << " s\n";
  // And so does another program that was given them.
  MainlineOptions later = options_for(swarm);
  later.routers = {"127.0.0.1:1"};
  later.nodes = one.known;
  later.nodes.push_back("not an address");
  Program again(later);
  CHECK(again.get(key.verify_key()));
}

TEST_CASE("what is on its way is done all the same when the network changes") {
  const tests::Swarm swarm("127.0.0.1", 8);
  Program one(options_for(swarm)), other(options_for(swarm));
  const crypto::SigningKey key = key_of(9);
  one.dht->put(key.verify_key(), item_of(key, 3, 552));
  one.dht->network_changed();
  REQUIRE(one.loop.run_until([&] { return !one.stored.empty(); }));
  CHECK(one.stored.front().copies > 0);
  other.dht->get(key.verify_key());
  other.dht->network_changed();
  REQUIRE(other.loop.run_until([&] { return other.newest.contains(key.verify_key()); }));
  // And while it rests.
  one.dht->network_changed();
  CHECK(one.put(key, item_of(key, 4, 552)) > 0);
}

TEST_CASE("nodes of an earlier run that are all gone give way to the routers") {
  const tests::Swarm swarm("127.0.0.1", 6);
  MainlineOptions options = options_for(swarm);
  options.nodes = {"127.0.0.1:1", "127.0.0.1:2"};
  options.routers_after = 100ms;
  Program one(options);
  const crypto::SigningKey key = key_of(7);
  CHECK(one.put(key, item_of(key, 1, 552)) > 0);
}

TEST_CASE("a node that is destroyed at work ends at once and tells nothing any more") {
  const tests::Swarm swarm("127.0.0.1", 6);
  for (int round = 0; round < 8; ++round) {
    Program one(options_for(swarm));
    const crypto::SigningKey key = key_of(8);
    one.dht->put(key.verify_key(), item_of(key, round + 1, 552));
    for (std::uint8_t i = 0; i < 20; ++i) one.dht->get(key_of(i).verify_key());
    const auto wait = std::chrono::milliseconds(round * 15);
    (void)one.loop.run_until([] { return false; }, wait);
    const auto told = one.ended.size() + one.stored.size();
    const auto begun = Clock::now();
    one.dht.reset();
    CHECK(Clock::now() - begun < 3s);
    (void)one.loop.run_until([] { return false; }, 1ms);
    CHECK(one.ended.size() + one.stored.size() == told);
  }
}
