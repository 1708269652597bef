// SPDX-License-Identifier: Apache-2.0
//
// Runtime: the loop around the core.
//
// Turns what happens on sockets, timers, the local API and the hashing thread into inputs,
// runs them through GroupCommit and performs the effects. Everything happens on the one
// thread that runs the io_context, except post_from_any_thread(). It holds no policy of
// sync, pairing or keys: that is the core's.
#pragma once

#include "agent/address_watch.h"
#include "agent/anchor_keeper.h"
#include "agent/asio.h"
#include "agent/dht/dht.h"
#include "agent/discovery/lan_discovery.h"
#include "agent/group_commit.h"
#include "agent/links.h"
#include "agent/log.h"
#include "agent/paths/port_mapper.h"
#include "agent/strangers.h"
#include "agent/stretcher.h"
#include "agent/tcp_dial.h"
#include "agent/tcp_listen.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace syncline::agent {

class Runtime {
 public:
  // Everything is kept by reference or copied, and outlives the runtime.
  struct Parts {
    asio::io_context& io;
    Core& core;
    StagedStore& staged;
    Store& store;
    Log& log;
    std::function<Now()> clock;
    GroupCommit::SaveIdentity save_identity;
    AnchorKeeper::WriteFile write_anchor;
    std::function<Status()> reopen_store;
    std::vector<step::AnchorHead> anchored{};  // what the anchor file says at the start
    // Adds to a status what only the shell knows.
    std::function<void(step::StatusAnswer&)> complete_status = [](step::StatusAnswer&) {};
    // Nothing: the local networks are left alone.
    std::function<std::unique_ptr<LanDiscovery>(LanDiscovery::Events)> make_lan = nullptr;
    // Nothing: there is no DHT.
    std::function<std::unique_ptr<Dht>(Dht::Events)> make_dht = nullptr;
    // Nothing: no router is asked for anything.
    std::function<std::unique_ptr<PortMapper>(std::function<void(const PortMapper::State&)>)>
        make_port_mapper = nullptr;
    std::function<void(const std::vector<std::string>&)> keep_dht_nodes =
        [](const std::vector<std::string>&) {};
  };
  struct Network {
    std::vector<HostPort> listen;
    std::vector<std::string> advertise;  // told to other devices instead of what is found
    std::uint16_t usual_port = 0;
  };
  using Done = std::function<void(Result<step::Answer>)>;

  explicit Runtime(Parts parts);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // Opens the doors and gives the core its first inputs. Errors: as TcpListen::open.
  Status start(const Network& network);
  // Orderly end: closes the doors, deals with what has arrived, writes the anchor.
  void stop();

  // A caller of the local API. `done` is called once, unless withdraw() comes first.
  RequestId submit(step::Command command, Done done);
  void withdraw(RequestId request);
  // A connection of the local API, and its end.
  CallerId arrive() { return CallerId{++last_caller_}; }
  void leave(CallerId caller) { push(step::CallerGone{caller}); }

  std::vector<HostPort> listening() const { return listen_.bound(); }
  bool is_degraded() const { return reopen_wait_ != Duration{}; }

 private:
  void push(step::Input input);
  void schedule();
  void run_group();
  void perform(step::Effect& effect);
  void dial(const step::Dial& dial);
  void hang_up(const step::Hangup& hangup);
  void reply(step::Reply& reply);
  Status save_identity(Bytes identity);
  void accepted(tcp::socket socket, const tcp::endpoint& remote);
  void dialled(TcpDial::Connected made, tcp::socket socket);
  void take_stretched();
  void commit_failed(const Error& error);
  void try_reopen();
  void arm(std::optional<Instant> wake_at);
  void write_anchor();
  void open_doors(step::NetworkMode mode);
  void be_present(const step::LanPresence& presence);
  Dht* dht();
  void put(step::DhtPut& put);
  void get(const step::DhtGet& get);
  void tell_addresses();
  void ask_router(bool is_other_network);
  void look_at_addresses_again();
  void note(step::NoteLevel level, const std::string& part, const std::string& text);

  Parts parts_;
  GroupCommit group_;
  Links links_;
  TcpDial dialler_;
  TcpListen listen_;
  Strangers strangers_;
  AnchorKeeper anchor_;
  asio::steady_timer wake_timer_;
  asio::steady_timer anchor_timer_;
  asio::steady_timer reopen_timer_;
  asio::steady_timer address_timer_;
  AddressWatch address_watch_;
  std::map<RequestId, Done> waiting_;
  Network network_;
  step::NetworkMode mode_ = step::NetworkMode::anywhere;
  std::unique_ptr<LanDiscovery> lan_;
  std::unique_ptr<PortMapper> mapper_;  // once a router was to be asked
  bool is_present_ = false;             // in the networks, as the core wishes
  std::unique_ptr<Dht> dht_;            // while it was asked for and the mode allows it
  std::vector<std::string> told_addresses_;
  std::uint64_t last_request_ = 0;
  std::uint64_t last_caller_ = 0;
  std::uint64_t last_link_ = 0;
  Duration reopen_wait_{};  // zero: the store takes writes
  bool scheduled_ = false;
  bool stopping_ = false;
  std::unique_ptr<Stretcher> stretcher_;  // last: its thread posts to everything above
};

}  // namespace syncline::agent
