// SPDX-License-Identifier: Apache-2.0
#include "agent/runtime.h"

#include "protocol/base/check.h"

#include <algorithm>

namespace syncline::agent {
namespace {

constexpr Duration reopen_wait_first = 1s;
constexpr Duration reopen_wait_max = 30s;
// Where the kernel does not tell of changes.
constexpr auto address_check_interval = std::chrono::seconds(30);

}  // namespace

Runtime::Runtime(Parts parts)
    : parts_(std::move(parts)),
      group_(GroupCommit::Parts{parts_.core, parts_.staged, parts_.store,
                                [this](Bytes identity) { return save_identity(identity); }},
             GroupCommit::Limits{}),
      links_(parts_.io, Links::Events{
                            .received =
                                [this](Link link, Buffer bytes) {
                                  group_.push_received(link, std::move(bytes));
                                  schedule();
                                },
                            .down = [this](Link link) { push(step::LinkDown{link}); },
                            .drained = [this](step::Drained drained) { push(drained); },
                            .closed = [this](Link link) { strangers_.left(link); },
                        }),
      dialler_(parts_.io, TcpDial::Events{
                              .connected =
                                  [this](TcpDial::Connected made, tcp::socket socket) {
                                    dialled(std::move(made), std::move(socket));
                                  },
                              .failed =
                                  [this](Link link, std::string reason) {
                                    push(step::DialFailed{link, std::move(reason)});
                                  },
                              .bind_to_door =
                                  [this](tcp::socket& socket, const asio::ip::address& remote) {
                                    return listen_.bind_beside(socket, remote);
                                  },
                          }),
      listen_(parts_.io,
              [this](tcp::socket socket, const tcp::endpoint& remote) {
                accepted(std::move(socket), remote);
              }),
      anchor_(parts_.write_anchor, parts_.anchored),
      wake_timer_(parts_.io),
      anchor_timer_(parts_.io),
      reopen_timer_(parts_.io),
      address_timer_(parts_.io),
      address_watch_(parts_.io, [this] {
        if (stopping_) return;
        links_.drop_orphans(own_hosts());
        tell_addresses();
      }) {
  stretcher_ =
      std::make_unique<Stretcher>([this] { asio::post(parts_.io, [this] { take_stretched(); }); });
}

Runtime::~Runtime() = default;

Status Runtime::start(const Network& network) {
  if (auto opened = listen_.open(network.listen, network.usual_port); !opened) return opened;
  network_ = network;
  tell_addresses();
  look_at_addresses_again();
  if (parts_.make_dht) push(step::DhtState{true, false, 0, "it was not needed yet"});
  push(step::Tick{});
  return {};
}

void Runtime::stop() {
  listen_.close();
  lan_.reset();
  dht_.reset();
  // A few groups, not until there is nothing left: another device may be sending without end.
  for (int i = 0; i < 4 && !group_.empty(); ++i) run_group();
  stopping_ = true;
  links_.flush();
  write_anchor();
  mapper_.reset();
  for (asio::steady_timer* timer : {&wake_timer_, &anchor_timer_, &reopen_timer_, &address_timer_})
    timer->cancel();
}

// ---- Inputs ----------------------------------------------------------------------------

void Runtime::push(step::Input input) {
  group_.push(std::move(input));
  schedule();
}

// Posted, not called: whatever else is ready now joins the same group.
void Runtime::schedule() {
  if (scheduled_ || stopping_) return;
  scheduled_ = true;
  asio::post(parts_.io, [this] {
    scheduled_ = false;
    if (!stopping_) run_group();
  });
}

RequestId Runtime::submit(step::Command command, Done done) {
  const RequestId id{++last_request_};
  waiting_.emplace(id, std::move(done));
  push(step::Request{id, std::move(command)});
  return id;
}

void Runtime::withdraw(RequestId request) {
  if (waiting_.erase(request) > 0) push(step::RequestGone{request});
}

void Runtime::accepted(tcp::socket socket, const tcp::endpoint& remote) {
  const Link link{++last_link_};
  const std::string host = remote.address().to_string();
  if (mode_ == step::NetworkMode::lan_only && !is_local_network(host)) return;
  const auto admission = strangers_.admit(link, source_of(host), parts_.clock().instant);
  if (admission.evicted) {
    links_.drop(*admission.evicted);
    push(step::LinkDown{*admission.evicted});
  }
  if (!admission.admitted) return;  // the socket closes as it goes out of scope
  links_.add(link, std::move(socket));
  push(step::LinkUp{link, address_text(HostPort{host, remote.port()}), false});
}

void Runtime::dialled(TcpDial::Connected made, tcp::socket socket) {
  ErrorCode gone;
  const tcp::endpoint remote = socket.remote_endpoint(gone);
  const std::uint16_t door = gone ? std::uint16_t{0} : listen_.port_for(remote.address());
  links_.add(made.link, std::move(socket));
  push(step::LinkUp{made.link, std::move(made.address), true, std::move(made.local), door});
}

void Runtime::take_stretched() {
  for (step::Stretched& result : stretcher_->take_results()) push(std::move(result));
}

// ---- One group -------------------------------------------------------------------------

void Runtime::run_group() {
  GroupCommit::Outcome outcome = group_.run(parts_.clock);
  if (!outcome.committed) commit_failed(outcome.committed.error());
  for (step::Effect& effect : outcome.effects) perform(effect);
  links_.flush();
  links_.resume_reading();
  arm(outcome.wake_at);
  if (!group_.empty()) schedule();
}

void Runtime::perform(step::Effect& effect) {
  std::visit(step::Overloaded{
                 [this](const step::Dial& it) { dial(it); },
                 [this](step::Send& it) { links_.send(it.link, std::move(it.bytes)); },
                 [this](const step::Hangup& it) { hang_up(it); },
                 [this](const step::Authenticated& it) { strangers_.proven(it.link); },
                 [this](step::Reply& it) { reply(it); },
                 [this](step::StretchPassword& it) { stretcher_->start(std::move(it)); },
                 [this](const step::WriteAnchor& it) {
                   anchor_.update(it.heads, parts_.clock().instant);
                   write_anchor();
                 },
                 [](const step::SaveIdentity&) {},  // GroupCommit saved it before the commit
                 [this](const step::LanPresence& it) { be_present(it); },
                 [this](step::DhtPut& it) { put(it); },
                 [this](const step::DhtGet& it) { get(it); },
                 [this](const step::NetworkReach& it) { open_doors(it.mode); },
                 [this](const step::Note& it) { parts_.log.write(it, parts_.clock()); },
             },
             effect);
}

void Runtime::dial(const step::Dial& dial) {
  SYNCLINE_CHECK(dial.link.value >> 63 == 1);  // the other half of the numbers is ours
  dialler_.dial(dial);
}

void Runtime::hang_up(const step::Hangup& hangup) {
  dialler_.cancel(hangup.link);
  if (!hangup.reason.empty())
    note(step::NoteLevel::debug, "link", "closed a connection: " + hangup.reason);
  if (!strangers_.is_waiting(hangup.link)) return links_.hang_up(hangup.link);
  // No lingering for strangers: each would hold a socket for as long as it likes.
  links_.flush();
  links_.drop(hangup.link);
}

void Runtime::reply(step::Reply& reply) {
  const auto found = waiting_.find(reply.id);
  if (found == waiting_.end()) return;  // the caller hung up
  const Done done = std::move(found->second);
  waiting_.erase(found);
  if (reply.answer)
    if (auto* const status = std::get_if<step::StatusAnswer>(&*reply.answer))
      parts_.complete_status(*status);
  done(std::move(reply.answer));
}

Status Runtime::save_identity(Bytes identity) {
  anchor_.forget();
  return parts_.save_identity(identity);
}

void Runtime::arm(std::optional<Instant> wake_at) {
  wake_timer_.cancel();
  if (!wake_at || stopping_) return;
  wake_timer_.expires_after(std::max(Duration{}, *wake_at - parts_.clock().instant));
  wake_timer_.async_wait([this](ErrorCode error) {
    if (!error && !stopping_) push(step::Tick{});
  });
}

void Runtime::note(step::NoteLevel level, const std::string& part, const std::string& text) {
  parts_.log.write(step::Note{level, part, text}, parts_.clock());
}

// ---- The store and its anchor ----------------------------------------------------------

void Runtime::commit_failed(const Error& error) {
  if (is_degraded()) return;
  note(step::NoteLevel::error, "store",
       "writing failed, reads go on and writes are refused until it works again: " + error.context);
  reopen_wait_ = reopen_wait_first;
  reopen_timer_.expires_after(reopen_wait_);
  reopen_timer_.async_wait([this](ErrorCode stopped) {
    if (!stopped) try_reopen();
  });
}

void Runtime::try_reopen() {
  if (const Status reopened = parts_.reopen_store(); reopened) {
    reopen_wait_ = {};
    note(step::NoteLevel::normal, "store", "writing works again");
    return push(step::StoreReopened{});
  }
  reopen_wait_ = std::min(reopen_wait_ * 2, reopen_wait_max);
  reopen_timer_.expires_after(reopen_wait_);
  reopen_timer_.async_wait([this](ErrorCode stopped) {
    if (!stopped) try_reopen();
  });
}

void Runtime::write_anchor() {
  const Instant now = parts_.clock().instant;
  if (anchor_.is_due(now) || stopping_) {
    if (const Status written = anchor_.write(now, [this] { return group_.sync(); }); !written)
      note(step::NoteLevel::warning, "store",
           "the anchor file could not be written: " + written.error().context);
  }
  anchor_timer_.cancel();
  const auto deadline = anchor_.deadline();
  if (!deadline || stopping_) return;
  anchor_timer_.expires_after(std::max(Duration{}, *deadline - now));
  anchor_timer_.async_wait([this](ErrorCode error) {
    if (!error && !stopping_) write_anchor();
  });
}

// ---- The network -----------------------------------------------------------------------

void Runtime::open_doors(step::NetworkMode mode) {
  if (mode == mode_) return;
  const bool was_off = std::exchange(mode_, mode) == step::NetworkMode::off;
  if (mode != step::NetworkMode::anywhere) dht_.reset();
  if (mode == step::NetworkMode::off) {
    if (const auto doors = listen_.bound(); !doors.empty())
      network_.usual_port = doors.front().port;
    listen_.close();
  } else if (was_off) {
    if (const auto opened = listen_.open(network_.listen, network_.usual_port); !opened)
      note(step::NoteLevel::error, "net", "cannot listen any more: " + opened.error().context);
  }
  tell_addresses();
}

void Runtime::be_present(const step::LanPresence& presence) {
  is_present_ = presence.search;
  ask_router(false);
  const auto doors = listen_.bound();
  const bool is_reachable = std::any_of(doors.begin(), doors.end(), [](const HostPort& door) {
    return door.host != "127.0.0.1" && door.host != "::1";
  });
  if (!presence.search || !is_reachable || !parts_.make_lan) {
    lan_.reset();
    return push(step::LanState{false, presence.search && !is_reachable
                                          ? "this device listens on this computer only"
                                          : "it is not searched"});
  }
  if (!lan_)
    lan_ = parts_.make_lan(LanDiscovery::Events{
        .seen =
            [this](LanSighting it) {
              push(step::LanSighted{std::move(it.instance), std::move(it.address),
                                    std::move(it.txt)});
            },
        .gone = [this](std::string instance) { push(step::LanGone{std::move(instance)}); },
        .state =
            [this](bool works, std::string sentence) {
              note(works ? step::NoteLevel::normal : step::NoteLevel::warning, "lan", sentence);
              push(step::LanState{works, std::move(sentence)});
            },
    });
  if (presence.announcement)
    lan_->announce(
        {presence.announcement->instance, doors.front().port, presence.announcement->txt});
  else
    lan_->withdraw();
}

// ---- The DHT ---------------------------------------------------------------------------

Dht* Runtime::dht() {
  const bool may_be = parts_.make_dht && mode_ == step::NetworkMode::anywhere && !stopping_;
  if (dht_ || !may_be) return dht_.get();
  dht_ = parts_.make_dht(Dht::Events{
      .found =
          [this](Dht::Found it) {
            step::DhtFound found{it.key, std::nullopt, it.is_last};
            if (it.item)
              found.item = {it.key, it.item->seq, std::move(it.item->value), it.item->signature};
            push(std::move(found));
          },
      .stored =
          [this](Dht::Stored it) {
            push(step::DhtStored{it.key, it.seq, it.copies});
          },
      .state =
          [this](Dht::State it) {
            note(step::NoteLevel::debug, "dht", it.sentence);
            push(step::DhtState{true, it.works, it.nodes, std::move(it.sentence)});
          },
      .known = [this](const std::vector<std::string>& nodes) { parts_.keep_dht_nodes(nodes); },
  });
  return dht_.get();
}

void Runtime::put(step::DhtPut& put) {
  step::DhtItem& item = put.item;
  if (Dht* const to = dht())
    to->put(item.key, {item.seq, std::move(item.value), item.signature});
  else
    push(step::DhtStored{item.key, item.seq, 0});
}

void Runtime::get(const step::DhtGet& get) {
  if (Dht* const from = dht())
    from->get(get.key);
  else
    push(step::DhtFound{get.key, std::nullopt, true});
}

// ---- Addresses -------------------------------------------------------------------------

void Runtime::tell_addresses() {
  std::vector<std::string> addresses;
  if (mode_ != step::NetworkMode::off) addresses = network_.advertise;
  if (addresses.empty()) {
    std::optional<std::uint16_t> any_v4, any_v6;
    for (const HostPort& door : listen_.bound()) {
      if (door.host == "0.0.0.0")
        any_v4 = door.port;
      else if (door.host == "::")
        any_v6 = door.port;
      else
        addresses.push_back(address_text(door));
    }
    for (const std::string& host : interface_hosts()) {
      const auto port = host.find(':') == std::string::npos ? any_v4 : any_v6;
      if (port) addresses.push_back(address_text(HostPort{host, *port}));
    }
  }
  const bool is_other = addresses != told_addresses_;
  ask_router(is_other);
  if (!is_other) return;
  told_addresses_ = addresses;
  if (dht_) dht_->network_changed();
  push(step::ListenAddresses{std::move(addresses)});
}

// Of IPv4: with IPv6 nothing is translated, and who listens is reached.
void Runtime::ask_router(bool is_other_network) {
  std::uint16_t port = 0;
  if (mode_ == step::NetworkMode::anywhere && is_present_ && network_.advertise.empty())
    for (const HostPort& door : listen_.bound())
      if (door.host.find(':') == std::string::npos && !door.host.starts_with("127."))
        port = door.port;
  if (!mapper_ && port != 0 && parts_.make_port_mapper)
    mapper_ = parts_.make_port_mapper([this](const PortMapper::State& state) {
      asio::post(parts_.io, [this, state] {
        if (stopping_) return;
        note(step::NoteLevel::debug, "net", state.sentence);
        push(step::RouterState{state.address, state.sentence});
      });
    });
  if (!mapper_) return;
  mapper_->want(port);
  if (is_other_network) mapper_->look_again();
}

void Runtime::look_at_addresses_again() {
  if (address_watch_.works()) return;
  address_timer_.expires_after(address_check_interval);
  address_timer_.async_wait([this](ErrorCode error) {
    if (error || stopping_) return;
    tell_addresses();
    look_at_addresses_again();
  });
}

}  // namespace syncline::agent
