// SPDX-License-Identifier: Apache-2.0
//
// syncline-relay: passes bytes on between two devices that both dialled it. One thread, everything
// in memory, nothing kept and nothing told but counters. It has no keys and knows no device.
// Spec F11 to F13, F17 to F21.
#include "service/relay/dht_node.h"
#include "service/relay/relay.h"

#include <csignal>
#include <cstdio>
#include <exception>

#include <boost/asio/ip/v6_only.hpp>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>

namespace syncline::relay {
namespace {

constexpr std::size_t prefixes_max = 65536;
constexpr auto sweep_interval = 250ms;
constexpr rlim_t descriptors_reserved = 32;

}  // namespace

void fill_random(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got > 0) out = out.subspan(static_cast<std::size_t>(got));
  }
}

// ---- What they come for -------------------------------------------------------------------------

Relay::Relay(asio::io_context& io, const Options& options)
    : io_(io), options_(options), signals_(io, SIGTERM, SIGINT, SIGUSR1), sweep_(io), end_(io) {
  await_signal();
}

Status Relay::listen() {
  for (const Door& door : options_.doors) {
    auto& opened =
        listening_.emplace_back(Listening{door, tcp::acceptor(io_), asio::steady_timer(io_)});
    tcp::acceptor& acceptor = opened.acceptor;
    ErrorCode error;
    acceptor.open(door.at.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && door.at.address().is_v6()) acceptor.set_option(asio::ip::v6_only(true), error);
    if (!error) acceptor.bind(door.at, error);
    if (!error) acceptor.listen(1024, error);
    if (error)
      return fail(Errc::io, "cannot listen on " + session::address_text(compact(door.at)) + ": " +
                                error.message());
    opened.door.at = acceptor.local_endpoint();
  }
  for (Listening& one : listening_) {
    accept(one);
    std::printf("ready %s%s\n", one.door.is_web ? "ws://" : "",
                session::address_text(compact(one.door.at)).c_str());
  }
  std::fflush(stdout);
  return {};
}

void Relay::accept(Listening& listening) {
  listening.acceptor.async_accept([this, &listening](ErrorCode error, tcp::socket socket) {
    if (!listening.acceptor.is_open()) return;
    if (!error) {
      admit(listening.door, std::move(socket));
      return accept(listening);
    }
    // Out of descriptors, mostly: it stays in the queue.
    listening.retry.expires_after(200ms);
    listening.retry.async_wait([this, &listening](ErrorCode stopped) {
      if (!stopped && listening.acceptor.is_open()) accept(listening);
    });
  });
}

void Relay::admit(const Door& door, tcp::socket socket) {
  ErrorCode error;
  const tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) return;
  // Without an answer: where there is no room, there is none for goodbyes.
  if (connections_.size() >= options_.connections) return void(++counters.limited);
  ++counters.accepted;
  if (connections_.empty()) {
    sweep_.expires_after(sweep_interval);
    sweep_.async_wait([this](ErrorCode stopped) {
      if (!stopped) sweep();
    });
  }
  const auto made = std::make_shared<Connection>(*this, std::move(socket), compact(remote));
  connections_.insert(made);
  made->open(door);
}

bool Relay::enter(Connection& one, RelayFailure& why) {
  Buffer name = one.observed_.ip;
  name.resize(name.size() == 4 ? 3 : 6);
  why = RelayFailure::limit;
  auto found = prefixes_.find(name);
  if (found == prefixes_.end()) {
    if (prefixes_.size() < prefixes_max)
      found = prefixes_.emplace(std::move(name), Prefix(options_)).first;
    else
      why = RelayFailure::busy;
  }
  if (found == prefixes_.end() || found->second.connections >= options_.prefix_connections) {
    ++counters.limited;
    return false;
  }
  one.prefix_ = &found->second;
  ++one.prefix_->connections;
  return true;
}

void Relay::leave(Connection& one) {
  forget_call(one);
  for (const RendezvousId& id : std::exchange(one.ids_, {}))
    if (const auto found = registered_.find(id);
        found != registered_.end() && found->second == &one)
      registered_.erase(found);
  if (one.prefix_ != nullptr) --std::exchange(one.prefix_, nullptr)->connections;
  connections_.erase(one.shared_from_this());
}

void Relay::forget_call(Connection& one) {
  if (one.state_ != Connection::State::calling) return;
  calls_.erase(one.token_);
  --one.prefix_->pending_calls;
}

void Relay::take(Connection& from, const RelayMessage& message) {
  const bool is_control = from.state_ == Connection::State::control;
  if (const auto* registering = std::get_if<RelayRegister>(&message))
    return enroll(from, *registering);
  if (const auto* calling = std::get_if<RelayCall>(&message); calling != nullptr && !is_control)
    return call(from, calling->callee);
  if (const auto* taking = std::get_if<RelayTake>(&message); taking != nullptr && !is_control)
    return splice(from, taking->token);
  if (is_control && std::holds_alternative<RelayPing>(message)) return from.send(RelayPong{});
  if (is_control && std::holds_alternative<RelayPong>(message)) return;
  ++counters.malformed;
  from.close();
}

void Relay::enroll(Connection& from, const RelayRegister& message) {
  if (is_draining_) return from.refuse(RelayFailure::draining);
  const std::size_t count = message.registrations.size();
  if (!from.prefix_->registrations.take(count)) {
    ++counters.limited;
    return from.refuse(RelayFailure::limit);
  }
  for (const Registration& one : message.registrations)
    if (!verify_registration(one, from.nonce_, message.relay))
      return from.refuse(RelayFailure::refused);
  for (const RendezvousId& id : std::exchange(from.ids_, {}))
    if (const auto old = registered_.find(id); old != registered_.end() && old->second == &from)
      registered_.erase(old);
  // The newest one has it: the device lost its connection before this relay noticed.
  for (const Registration& one : message.registrations) {
    from.ids_.push_back(rendezvous_id(one.key));
    registered_.insert_or_assign(from.ids_.back(), &from);
  }
  counters.registered += count;
  from.state_ = Connection::State::control;
  from.send(RelayRegistered{static_cast<std::uint8_t>(count)});
}

// Whether anybody has the id or not: the same steps, the same wait, the same end.
void Relay::call(Connection& from, const RendezvousId& callee) {
  if (is_draining_) return from.refuse(RelayFailure::draining);
  Prefix& prefix = *from.prefix_;
  if (prefix.pending_calls >= options_.pending_calls || !prefix.calls.take(1)) {
    ++counters.limited;
    return from.refuse(RelayFailure::limit);
  }
  ++counters.calls;
  ++prefix.pending_calls;
  from.state_ = Connection::State::calling;
  from.token_ = random_id<SpliceToken>();
  calls_.emplace(from.token_, &from);
  const auto whole = std::chrono::milliseconds(std::chrono::seconds(options_.call_wait));
  const auto jitter = random_id<Id<struct JitterTag, 1>>().bytes[0];
  from.wait_at_most(whole - whole * jitter / 1024);
  if (const auto found = registered_.find(callee); found != registered_.end())
    found->second->send(RelayRing{from.token_});
}

void Relay::splice(Connection& taker, const SpliceToken& token) {
  const auto found = calls_.find(token);
  if (found == calls_.end()) return taker.refuse(RelayFailure::absent);
  const auto caller = found->second->shared_from_this();
  forget_call(*caller);
  ++counters.spliced;
  Connection::splice(caller, taker.shared_from_this());
}

// ---- How they end -------------------------------------------------------------------------------

void Relay::sweep() {
  const auto now = Clock::now();
  std::vector<std::shared_ptr<Connection>> due;
  bool is_busy = false;
  for (const auto& one : connections_) {
    if (one->deadline() <= now) due.push_back(one);
    is_busy = is_busy || one->is_busy();
  }
  for (const auto& one : due)
    if (one->state() != Connection::State::closed) one->reach_deadline();
  for (auto at = prefixes_.begin(); at != prefixes_.end();) {
    Prefix& prefix = at->second;
    const bool is_unused =
        prefix.connections == 0 && prefix.registrations.is_full() && prefix.calls.is_full();
    at = is_unused ? prefixes_.erase(at) : std::next(at);
  }
  if (is_draining_ && !is_busy) return stop();
  // With nobody there, not even this wakes the machine up.
  if (connections_.empty() && prefixes_.empty()) return;
  sweep_.expires_after(sweep_interval);
  sweep_.async_wait([this](ErrorCode stopped) {
    if (!stopped) sweep();
  });
}

void Relay::drain() {
  if (is_draining_) return stop();
  is_draining_ = true;
  ErrorCode ignored;
  for (Listening& one : listening_) {
    one.acceptor.close(ignored);
    one.retry.cancel(ignored);
  }
  using State = Connection::State;
  for (const auto& one : std::vector(connections_.begin(), connections_.end())) {
    if (one->state() == State::opening) one->close();
    if (one->state() == State::greeted || one->state() == State::calling)
      one->refuse(RelayFailure::draining);
    if (one->state() == State::control)
      one->send(RelayDrain{static_cast<std::uint16_t>(options_.drain)});
  }
  if (connections_.empty()) return stop();
  end_.expires_after(std::chrono::seconds(options_.drain));
  end_.async_wait([this](ErrorCode stopped) {
    if (!stopped) stop();
  });
}

void Relay::await_signal() {
  signals_.async_wait([this](ErrorCode error, int signal) {
    if (error) return;
    if (signal == SIGUSR1)
      report();
    else
      drain();
    await_signal();
  });
}

void Relay::report() const {
  using std::chrono::duration_cast, std::chrono::seconds;
  std::size_t open[static_cast<std::size_t>(Connection::State::closed)] = {};
  for (const auto& one : connections_) ++open[static_cast<std::size_t>(one->state())];
  const auto now = [&](Connection::State state) { return open[static_cast<std::size_t>(state)]; };
  std::printf(
      "counters up_s=%lld connections=%zu controls=%zu waiting=%zu pairs=%zu accepted=%llu "
      "limited=%llu malformed=%llu registered=%llu calls=%llu spliced=%llu untaken=%llu "
      "bytes=%llu\n",
      static_cast<long long>(duration_cast<seconds>(Clock::now() - started_).count()),
      connections_.size(), now(Connection::State::control), now(Connection::State::calling),
      now(Connection::State::spliced) / 2, static_cast<unsigned long long>(counters.accepted),
      static_cast<unsigned long long>(counters.limited),
      static_cast<unsigned long long>(counters.malformed),
      static_cast<unsigned long long>(counters.registered),
      static_cast<unsigned long long>(counters.calls),
      static_cast<unsigned long long>(counters.spliced),
      static_cast<unsigned long long>(counters.untaken),
      static_cast<unsigned long long>(counters.bytes));
  std::fflush(stdout);
}

void Relay::stop() {
  report();
  for (const auto& one : std::vector(connections_.begin(), connections_.end())) one->close();
  io_.stop();
}

// ---- The process --------------------------------------------------------------------------------

namespace {

// What passes through is in nobody's core dump, and each connection needs a descriptor.
Status prepare_process(Options& options) {
  std::signal(SIGPIPE, SIG_IGN);
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    return fail(Errc::io, "cannot switch core dumps off");
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return fail(Errc::io, "cannot ask for limits");
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, options.connections + descriptors_reserved);
  (void)::setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur <= descriptors_reserved)
    return fail(Errc::limit, "the limit of open files leaves no room for connections");
  options.connections = std::min(options.connections,
                                 static_cast<std::uint32_t>(files.rlim_cur - descriptors_reserved));
  return {};
}

int complain(const std::string& why, int code) {
  std::fprintf(stderr, "syncline-relay: %s\n", why.c_str());
  return code;
}

std::string endpoint_text(const tcp::endpoint& at) { return session::address_text(compact(at)); }

int run(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word != "--help" && word != "--version") continue;
    std::fputs(word == "--help" ? help().c_str() : "syncline-relay " SYNCLINE_VERSION "\n", stdout);
    return 0;
  }
  auto options = parse_options(words);
  if (!options) return complain(options.error().context, 2);
  if (const auto prepared = prepare_process(*options); !prepared)
    return complain(prepared.error().context, 1);
  std::unique_ptr<DhtNode> dht;
  if (options->dht) {
    auto opened = DhtNode::open({endpoint_text(*options->dht), options->dht_start});
    if (!opened) return complain(opened.error().context, 1);
    dht = std::move(*opened);
    options->dht->port(dht->port());
  }
  asio::io_context io(1);
  Relay relay(io, *options);
  if (const auto listening = relay.listen(); !listening)
    return complain(listening.error().context, 1);
  if (options->dht) {
    std::printf("ready dht %s\n", endpoint_text(*options->dht).c_str());
    std::fflush(stdout);
  }
  io.run();
  return 0;
}

}  // namespace
}  // namespace syncline::relay

int main(int argc, char** argv) {
  try {
    return syncline::relay::run({argv + 1, argv + argc});
  } catch (const std::exception& unexpected) {
    return syncline::relay::complain(unexpected.what(), 1);
  }
}
