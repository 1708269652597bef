// SPDX-License-Identifier: Apache-2.0
#include "agent/dht/mainline_dht.h"

#include "agent/dht/mainline_session.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <variant>

namespace syncline::agent {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto look_often = 50ms;  // while it starts
constexpr auto look_rarely = 5s;
// A node that is still looking for others does not hold up what can be asked of the first ones.
constexpr std::size_t nodes_to_begin = 1;
// For one key at once; more join them.
constexpr std::size_t lookups_max = 3;

struct Put {
  crypto::VerifyKey key;
  discovery::DhtItem item;
};
struct Get {
  crypto::VerifyKey key;
};
using Operation = std::variant<Put, Get>;

struct Running {
  Clock::time_point until;
  std::int64_t seq = 0;       // of a put: its own; of a get: the newest so far
  std::size_t lookups = 1;    // of a get: those without a complete answer
  discovery::DhtItem item{};  // of a put
};

class MainlineDht final : public Dht {
 public:
  MainlineDht(MainlineOptions options, PostToLoop post, Events events)
      : options_(std::move(options)), post_(std::move(post)), events_(std::move(events)) {
    if (options_.nodes.size() > nodes_kept_max) options_.nodes.resize(nodes_kept_max);
    thread_ = std::thread([this] { run(); });
  }

  ~MainlineDht() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
    }
    *alive_ = false;
    wake_.notify_one();
    thread_.join();
    if (is_worth_keeping_) events_.known(options_.nodes);
  }

  void put(const crypto::VerifyKey& key, discovery::DhtItem item) override {
    if (item.value.size() > discovery::dht_value_size_max - 5 || !add(Put{key, item}))
      tell([key, seq = item.seq](const Events& to) { to.stored({key, seq, 0}); });
  }

  void get(const crypto::VerifyKey& key) override {
    if (!add(Get{key})) tell([key](const Events& to) { to.found({key, std::nullopt, true}); });
  }

  void network_changed() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      moved_ = true;
    }
    wake_.notify_one();
  }

 private:
  // False: there are too many already.
  bool add(Operation operation) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (waiting_.size() + running_count_ >= operations_max) return false;
      waiting_.push_back(std::move(operation));
    }
    wake_.notify_one();
    return true;
  }

  void tell(std::function<void(const Events&)> what) {
    post_([alive = alive_, this, what = std::move(what)] {
      if (*alive) what(events_);
    });
  }

  // ---- the thread --------------------------------------------------------------------------

  void run() {
    std::unique_lock<std::mutex> lock(mutex_);
    const auto is_wanted = [this] {
      const bool can_begin = session_ == nullptr || is_ready();
      return stopping_ || alerted_ || moved_ || (can_begin && !waiting_.empty());
    };
    for (;;) {
      if (session_ == nullptr)
        wake_.wait(lock, is_wanted);
      else
        wake_.wait_until(lock, next_look(), is_wanted);
      if (stopping_) break;
      alerted_ = false;
      std::deque<Operation> wanted;
      wanted.swap(waiting_);
      const bool has_moved = std::exchange(moved_, false);
      lock.unlock();
      if (has_moved && session_ != nullptr) begin_again(wanted);
      work(wanted);
      lock.lock();
      // Those that no node can be asked yet.
      for (auto last = wanted.rbegin(); last != wanted.rend(); ++last)
        waiting_.push_front(std::move(*last));
      running_count_ = puts_.size() + gets_.size();
    }
    lock.unlock();
    if (session_ != nullptr) end_session();
  }

  bool is_ready() const { return nodes_ >= nodes_to_begin; }

  Clock::time_point next_look() const {
    const bool is_starting = !is_ready();
    return std::min(looked_ + (is_starting ? Clock::duration(look_often) : look_rarely), rest_at());
  }

  Clock::time_point rest_at() const {
    return busy_until_ + (puts_.empty() && gets_.empty() ? options_.rest_after : 1h);
  }

  void work(std::deque<Operation>& wanted) {
    const Clock::time_point now = Clock::now();
    if (session_ == nullptr) {
      if (wanted.empty()) return;
      begin_session(now);
    }
    if (is_ready())
      for (; !wanted.empty(); wanted.pop_front())
        std::visit([&](auto& operation) { begin(operation, now); }, wanted.front());
    if (!wanted.empty()) busy_until_ = now;
    const MainlineNews news = session_->take_news();
    for (const MainlineNews::Item& item : news.items) heard(item);
    for (const MainlineNews::Stored& stored : news.stored) kept(stored);
    if (news.nodes && count(*news.nodes) == Change::lost) return begin_again(wanted);
    give_up_late(now);
    if (now >= looked_ + (is_ready() ? Clock::duration(look_rarely) : look_often)) {
      looked_ = now;
      session_->ask_nodes();
      if (!is_ready() && routers_used_ && options_.routers_are_nodes)
        session_->meet_routers(options_);
    }
    if (!is_ready() && !routers_used_ && now >= began_ + options_.routers_after) use_routers();
    give_up_waiting(wanted, now);
    if (!puts_.empty() || !gets_.empty()) busy_until_ = now;
    if (session_ != nullptr && wanted.empty() && now >= rest_at()) {
      end_session();
      tell_state(works_, "it rests until there is something to publish or to look for");
    }
  }

  void begin_session(Clock::time_point now) {
    routers_used_ = options_.nodes.empty();
    began_ = looked_ = busy_until_ = now;
    nodes_ = 0;
    session_ = std::make_unique<MainlineSession>(
        options_,
        routers_used_ ? MainlineSession::Begin::at_routers : MainlineSession::Begin::at_nodes,
        [this] {
          {
            const std::lock_guard<std::mutex> lock(mutex_);
            alerted_ = true;
          }
          wake_.notify_one();
        });
    session_->ask_nodes();
    tell_state(false, "it starts; no node of it has answered yet");
  }

  void use_routers() {
    routers_used_ = true;
    session_->use_routers(options_);
  }

  void end_session() {
    if (is_ready())
      if (auto nodes = session_->known_nodes(nodes_kept_max); !nodes.empty()) {
        options_.nodes = std::move(nodes);
        is_worth_keeping_ = true;
        tell([nodes = options_.nodes](const Events& to) { to.known(nodes); });
      }
    for (const auto& [key, put] : puts_)
      tell([key = key, seq = put.seq](const Events& to) { to.stored({key, seq, 0}); });
    for (const auto& [key, get] : gets_)
      tell([key = key](const Events& to) { to.found({key, std::nullopt, true}); });
    puts_.clear();
    gets_.clear();
    nodes_ = 0;
    session_.reset();
  }

  // ---- operations --------------------------------------------------------------------------

  void begin(Put& put, Clock::time_point now) {
    Running& running = puts_[put.key];
    // One is on its way already: it ends as not stored, and the newer one counts.
    if (running.seq != 0)
      tell([key = put.key, seq = running.seq](const Events& to) { to.stored({key, seq, 0}); });
    running = {now + options_.operation_limit * 2, put.item.seq, 1, put.item};
    session_->put(put.key, put.item);
  }

  void begin(const Get& get, Clock::time_point now) {
    const auto [entry, is_new] = gets_.try_emplace(get.key);
    const std::size_t lookups = is_new ? 0 : entry->second.lookups;
    entry->second = {now + options_.operation_limit, -1, lookups, {}};
    if (lookups >= lookups_max) return;
    ++entry->second.lookups;
    session_->get(get.key);
  }

  void heard(const MainlineNews::Item& item) {
    const auto get = gets_.find(item.key);
    if (get == gets_.end()) return;
    Found found{item.key, std::nullopt, item.is_last && --get->second.lookups == 0};
    if (item.item && item.item->seq > get->second.seq) {
      get->second.seq = item.item->seq;
      found.item = item.item;
    }
    if (found.is_last) gets_.erase(get);
    if (found.item || found.is_last) tell([found](const Events& to) { to.found(found); });
  }

  void kept(const MainlineNews::Stored& stored) {
    const auto put = puts_.find(stored.key);
    if (put == puts_.end() || put->second.seq != stored.seq) return;
    puts_.erase(put);
    tell([stored](const Events& to) { to.stored({stored.key, stored.seq, stored.copies}); });
  }

  void give_up_late(Clock::time_point now) {
    std::erase_if(puts_, [&](const auto& each) {
      if (each.second.until > now) return false;
      tell([key = each.first, seq = each.second.seq](const Events& to) {
        to.stored({key, seq, 0});
      });
      return true;
    });
    std::erase_if(gets_, [&](const auto& each) {
      if (each.second.until > now) return false;
      tell([key = each.first](const Events& to) { to.found({key, std::nullopt, true}); });
      return true;
    });
  }

  // No node answers: what waits for one ends, and whoever asked knows when to ask again.
  void give_up_waiting(std::deque<Operation>& wanted, Clock::time_point now) {
    if (is_ready() || now < began_ + options_.operation_limit) return;
    for (Operation& operation : wanted) {
      if (const auto* put = std::get_if<Put>(&operation))
        tell([key = put->key, seq = put->item.seq](const Events& to) { to.stored({key, seq, 0}); });
      else
        tell([key = std::get<Get>(operation).key](const Events& to) {
          to.found({key, std::nullopt, true});
        });
    }
    wanted.clear();
    end_session();
    tell_state(false, "none of its nodes answers; it is tried again when there is need");
  }

  enum class Change { none, lost };
  Change count(std::size_t nodes) {
    if (nodes == nodes_) return Change::none;
    const bool was_ready = is_ready();
    nodes_ = nodes;
    if (is_ready()) {
      tell_state(true, std::to_string(nodes) + " nodes of it answered");
      if (!was_ready) alert();
      return Change::none;
    }
    tell_state(false, "its nodes do not answer any more");
    return Change::lost;
  }

  // With other sockets; what was being done is done anew.
  void begin_again(std::deque<Operation>& wanted) {
    if (is_ready())
      if (auto nodes = session_->known_nodes(nodes_kept_max); !nodes.empty())
        options_.nodes = std::move(nodes);
    for (auto& [key, put] : puts_) wanted.push_back(Put{key, std::move(put.item)});
    for (auto& [key, get] : gets_) wanted.push_back(Get{key});
    puts_.clear();
    gets_.clear();
    nodes_ = 0;
    session_.reset();
  }

  // Has the loop of the thread come round at once.
  void alert() {
    const std::lock_guard<std::mutex> lock(mutex_);
    alerted_ = true;
  }

  void tell_state(bool works, std::string sentence) {
    works_ = works;
    tell(
        [state = State{works, nodes_, std::move(sentence)}](const Events& to) { to.state(state); });
  }

  MainlineOptions options_;  // `nodes` of the thread while it runs
  PostToLoop post_;
  Events events_;
  std::shared_ptr<std::atomic<bool>> alive_ = std::make_shared<std::atomic<bool>>(true);

  std::mutex mutex_;  // of the next six
  std::condition_variable wake_;
  std::deque<Operation> waiting_;
  std::size_t running_count_ = 0;
  bool alerted_ = false;
  bool moved_ = false;
  bool stopping_ = false;

  // Of the thread alone.
  std::unique_ptr<MainlineSession> session_;
  std::map<crypto::VerifyKey, Running> puts_, gets_;
  Clock::time_point began_{}, looked_{}, busy_until_{};
  std::size_t nodes_ = 0;
  bool routers_used_ = false;
  bool works_ = false;  // when it was last asked
  bool is_worth_keeping_ = false;
  std::thread thread_;  // last: everything above is there when it begins
};

}  // namespace

std::unique_ptr<Dht> make_mainline_dht(MainlineOptions options, PostToLoop post,
                                       Dht::Events events) {
  return std::make_unique<MainlineDht>(std::move(options), std::move(post), std::move(events));
}

}  // namespace syncline::agent
