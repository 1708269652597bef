// SPDX-License-Identifier: Apache-2.0
#include "agent/agent.h"

#include "agent/clocks.h"
#include "agent/dht/mainline_dht.h"
#include "agent/discovery/avahi_discovery.h"
#include "agent/node_core.h"
#include "agent/runtime.h"
#include "agent/store_watch.h"
#include "agent/system_random.h"
#include "ipc/server.h"

#include <algorithm>
#include <csignal>

#include <unistd.h>

namespace syncline::agent {
namespace {

// Names that have led into the Mainline DHT for years, of more than one owner.
const std::vector<std::string> public_routers = {
    "dht.libtorrent.org:25401", "router.bittorrent.com:6881", "dht.transmissionbt.com:6881",
    "router.utorrent.com:6881"};

bool is_of_this_computer(const HostPort& address) {
  return address.host == "localhost" || address.host == "::1" || address.host.starts_with("127.");
}

}  // namespace

// In the order they are made; destroyed from the last to the first.
struct Agent::Parts {
  explicit Parts(const AgentOptions& wanted)
      : options(wanted), log(Log::options_for_stderr(wanted.log_level), Log::to_stderr()) {}

  AgentOptions options;
  WallTime started = clocks_now().wall;
  Log log;
  SystemRandom random;
  std::unique_ptr<Home> home;
  std::optional<StagedStore> staged;
  std::optional<StoreWatch> watch;
  std::optional<NodeCore> core;
  asio::io_context io{1};
  // From the start: whoever is told that the agent is ready may end it in the next moment.
  asio::signal_set signals{io, SIGTERM, SIGINT};
  std::optional<Runtime> runtime;
  std::optional<ipc::Server> server;

  Status open_core();
  Status open_network();
  std::function<std::unique_ptr<Dht>(Dht::Events)> dht_maker();
  Status open_local_api();
  ipc::AgentFacts facts() const;
  void note(step::NoteLevel level, const std::string& text) {
    log.write({level, "agent", text}, clocks_now());
  }
};

Status Agent::Parts::open_core() {
  auto opened_home = Home::open(options.home, options.damage);
  if (!opened_home) return pass(opened_home);
  home = std::move(*opened_home);
  for (const std::string& remark : home->remarks()) note(step::NoteLevel::warning, remark);
  staged.emplace(home->store());
  watch.emplace(home->store(), StoreWatch::Known{
                                   .anchored = home->anchored(),
                                   .doubted = home->was_salvaged(),
                                   .damaged_copies = home->damaged_copies(),
                                   .damage = [this] { return home->store().damage(); },
                               });
  auto node = node::Node::open({.store = *staged,
                                .random = random,
                                .identity = home->take_identity(),
                                .anchor = home->anchored(),
                                .salvaged = home->was_salvaged(),
                                .options = {.argon = options.argon}},
                               clocks_now());
  if (!node) return tl::unexpected<Error>(home->with_next_step(node.error()));
  core.emplace(std::move(*node));
  return {};
}

Status Agent::Parts::open_network() {
  runtime.emplace(Runtime::Parts{
      .io = io,
      .core = *core,
      .staged = *staged,
      .store = home->store(),
      .log = log,
      .clock = clocks_now,
      .save_identity = [this](Bytes identity) { return home->save_identity(identity); },
      .write_anchor = [this](const auto& heads) { return home->write_anchor(heads); },
      .reopen_store = [this] { return home->store().reopen(); },
      .anchored = home->anchored(),
      .complete_status = [this](step::StatusAnswer& answer) { watch->complete(answer); },
      .make_lan =
          [this](LanDiscovery::Events events) {
            return make_avahi_discovery(io, std::move(events));
          },
      .make_dht = dht_maker(),
      .make_port_mapper =
          [](std::function<void(const PortMapper::State&)> changed) {
            return std::make_unique<PortMapper>(std::move(changed));
          },
      .keep_dht_nodes =
          [this](const std::vector<std::string>& nodes) {
            if (auto saved = home->save_dht_nodes(nodes); !saved)
              note(step::NoteLevel::warning,
                   "nodes of the DHT could not be remembered: " + saved.error().context);
          },
  });
  Status opened = runtime->start(Runtime::Network{
      .listen = options.listen, .advertise = options.advertise, .usual_port = home->usual_port()});
  if (!opened) return opened;
  const auto doors = runtime->listening();
  if (doors.empty()) return {};
  if (auto saved = home->save_usual_port(doors.front().port); !saved)
    note(step::NoteLevel::warning, "the port could not be remembered: " + saved.error().context);
  return {};
}

std::function<std::unique_ptr<Dht>(Dht::Events)> Agent::Parts::dht_maker() {
  if (options.dht_nodes && options.dht_nodes->empty()) return nullptr;
  // Nobody elsewhere could reach a device that listens on its own computer only.
  const bool is_public = !options.dht_nodes;
  if (is_public && std::ranges::all_of(options.listen, is_of_this_computer)) return nullptr;
  MainlineOptions made;
  made.routers = is_public ? public_routers : *options.dht_nodes;
  made.routers_are_nodes = !is_public;
  for (const HostPort& door : options.listen) made.listen.push_back(door.host);
  const bool is_near = std::ranges::all_of(made.routers, [](const std::string& router) {
    const auto address = parse_host_port(router);
    return address && is_local_network(address->host);
  });
  made.network = is_near ? MainlineOptions::Network::closed : MainlineOptions::Network::open;
  return [this, made](Dht::Events events) mutable {
    made.nodes = home->dht_nodes();
    return make_mainline_dht(
        made, [this](std::function<void()> what) { asio::post(io, std::move(what)); },
        std::move(events));
  };
}

ipc::AgentFacts Agent::Parts::facts() const {
  ipc::AgentFacts made;
  made.version = options.version;
  made.home = options.home.string();
  made.socket = options.handed_socket ? "" : options.socket;
  made.process_id = ::getpid();
  made.started = started;
  for (const HostPort& door : runtime->listening()) made.listening.push_back(address_text(door));
  return made;
}

Status Agent::Parts::open_local_api() {
  ipc::Backend backend{
      .submit =
          [this](step::Command command, ipc::Reply reply) {
            return runtime->submit(std::move(command), std::move(reply));
          },
      .forget = [this](RequestId request) { runtime->withdraw(request); },
      .facts = [this] { return facts(); },
      .arrive = [this] { return runtime->arrive(); },
      .leave = [this](CallerId caller) { runtime->leave(caller); },
  };
  ipc::ServerOptions server_options;
  server_options.path = options.socket;
  server_options.listening = options.handed_socket;
  auto started_server = ipc::Server::start(io, std::move(backend), std::move(server_options));
  if (!started_server) return pass(started_server);
  server.emplace(std::move(*started_server));
  return {};
}

Agent::Agent(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Agent::~Agent() = default;

Result<std::unique_ptr<Agent>> Agent::start(const AgentOptions& options) {
  std::signal(SIGHUP, SIG_IGN);
  auto parts = std::make_unique<Parts>(options);
  if (auto opened = parts->open_core(); !opened) return pass(opened);
  if (auto opened = parts->open_network(); !opened) return pass(opened);
  if (auto opened = parts->open_local_api(); !opened) return pass(opened);
  return std::unique_ptr<Agent>(new Agent(std::move(parts)));
}

Status Agent::run() {
  parts_->signals.async_wait([this](ErrorCode error, int) {
    if (!error) parts_->io.stop();
  });
  parts_->io.run();
  parts_->note(step::NoteLevel::normal, "stopping");
  parts_->server.reset();
  parts_->runtime->stop();
  return parts_->home->store().close();
}

std::vector<HostPort> Agent::listening() const { return parts_->runtime->listening(); }

}  // namespace syncline::agent
