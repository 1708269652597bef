// SPDX-License-Identifier: Apache-2.0
#include "tests/ipc/running_agent.h"

#include "protocol/base/check.h"

#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>
#include <stdlib.h>

namespace syncline::ipc::testing {

namespace asio = boost::asio;
using namespace std::chrono_literals;

PrivateDirectory::PrivateDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "syncline-ipc-XXXXXX").string();
  SYNCLINE_CHECK(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

PrivateDirectory::~PrivateDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

struct RunningAgent::State {
  explicit State(Options its_options) : options(its_options) {}

  Options options;
  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
  std::optional<Server> server;
  std::thread thread;
  // In the server's thread only.
  std::vector<std::pair<step::Command, Reply>> held;
  std::uint64_t last_id = 0;

  std::mutex mutex;
  std::condition_variable changed;
  std::size_t asked = 0;
  std::size_t forgotten = 0;

  Backend backend() {
    return {.submit = [this](step::Command command,
                             Reply reply) { return submit(std::move(command), std::move(reply)); },
            .forget = [this](RequestId) { count(forgotten); },
            .facts = [] { return AgentFacts{}; }};
  }

  void count(std::size_t& counter) {
    const std::lock_guard guard(mutex);
    ++counter;
    changed.notify_all();
  }

  bool wait_for(const std::size_t& counter, std::size_t wanted) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 10s, [&] { return counter >= wanted; });
  }

  RequestId submit(step::Command command, Reply reply) {
    const bool holds = std::holds_alternative<step::EventsPoll>(command) ||
                       (options.hold_entities && std::holds_alternative<step::EntityGet>(command));
    if (holds) {
      held.emplace_back(std::move(command), std::move(reply));
    } else {
      // As an agent does: not before submit() has returned.
      asio::post(io,
                 [this, answer = answer_to(command), reply = std::move(reply)] { reply(answer); });
    }
    count(asked);
    return RequestId{++last_id};
  }

  Result<step::Answer> answer_to(const step::Command& command) const {
    if (std::holds_alternative<step::SpaceList>(command)) {
      return step::Answer(step::SpacesAnswer{});
    }
    if (const auto* poll = std::get_if<step::EventsPoll>(&command)) {
      return step::Answer(step::EventsAnswer{.changes = {}, .cursor = poll->sub, .gap = false});
    }
    if (std::holds_alternative<step::EntityGet>(command)) {
      step::EntityAnswer entity;
      entity.value.node =
          crdt::ValueMap{{"x", {crdt::Scalar(std::string(options.entity_size, 'x'))}}};
      return step::Answer(std::move(entity));
    }
    if (std::holds_alternative<step::VaultUnlock>(command)) {
      return fail(Errc::wrong_password, "it opens no recipient");
    }
    return step::Answer(step::Done{});
  }

  template <class Work>
  auto in_server_thread(Work work_to_do) {
    using Task = std::packaged_task<decltype(work_to_do())()>;
    // Its own thread may still be inside the task when the result is here.
    const auto task = std::make_shared<Task>(std::move(work_to_do));
    auto result = task->get_future();
    asio::post(io, [task] { (*task)(); });
    return result.get();
  }
};

RunningAgent::RunningAgent() : RunningAgent(Options{}) {}

RunningAgent::RunningAgent(Options options)
    : path_(directory_ / "run/rpc.sock"), state_(std::make_unique<State>(options)) {
  Result<Server> server = Server::start(state_->io, state_->backend(),
                                        {.path = path_,
                                         .listening = options.listening,
                                         .limits = options.limits,
                                         .table = options.table});
  REQUIRE_MESSAGE(server.has_value(), (server ? "" : server.error().context));
  state_->server.emplace(std::move(*server));
  state_->thread = std::thread([state = state_.get()] { state->io.run(); });
}

RunningAgent::~RunningAgent() {
  state_->in_server_thread([this] { state_->server.reset(); });
  state_->work.reset();
  state_->io.stop();
  state_->thread.join();
}

Client RunningAgent::client() const {
  Result<Client> client = Client::connect(path_);
  REQUIRE_MESSAGE(client.has_value(), (client ? "" : client.error().context));
  return std::move(*client);
}

bool RunningAgent::wait_for_asked(std::size_t count) {
  return state_->wait_for(state_->asked, count);
}

bool RunningAgent::wait_for_forgotten(std::size_t count) {
  return state_->wait_for(state_->forgotten, count);
}

bool RunningAgent::wait_for_connections(std::size_t count) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (std::chrono::steady_clock::now() < deadline) {
    if (state_->in_server_thread([this] { return state_->server->connections(); }) == count) {
      return true;
    }
    std::this_thread::yield();
  }
  return false;
}

std::size_t RunningAgent::asked() {
  const std::lock_guard guard(state_->mutex);
  return state_->asked;
}

void RunningAgent::release() {
  state_->in_server_thread([this] {
    for (auto held = std::exchange(state_->held, {}); !held.empty(); held.pop_back()) {
      held.back().second(state_->answer_to(held.back().first));
    }
  });
}

}  // namespace syncline::ipc::testing
