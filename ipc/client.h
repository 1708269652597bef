// SPDX-License-Identifier: Apache-2.0
//
// Client: a program that asks the agent, one call at a time or many at once.
//
// Blocking; for the command line and for tests. Errors of the agent come back as its kind,
// with a sentence for the person; last_error() has all of it. Not safe for several threads.
#pragma once

#include "ipc/json.h"
#include "ipc/socket_place.h"
#include "protocol/base/result.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace syncline::ipc {

class Client {
 public:
  using Timeout = std::optional<std::chrono::milliseconds>;

  // `unreachable` if no agent runs, `forbidden` if the socket is another user's.
  static Result<Client> connect(const std::string& path);

  // One call and its answer. Nothing: waits as long as the agent does.
  Result<Json> call(std::string_view method, Json params = Json::object(),
                    Timeout timeout = std::nullopt);

  // Several calls under way: send them, then receive each one's answer, in any order.
  Result<std::uint64_t> send(std::string_view method, Json params = Json::object());
  Result<Json> receive(std::uint64_t id, Timeout timeout = std::nullopt);

  // Any text, and the next line the agent sends, without its end: for tests and `syncline rpc`.
  Status send_raw(std::string_view bytes);
  Result<std::string> receive_line(Timeout timeout = std::nullopt);

  // The `error` member of the last answer that was one.
  const Json& last_error() const { return last_error_; }
  int fd() const { return socket_.get(); }

 private:
  explicit Client(OpenFile socket) : socket_(std::move(socket)) {}

  Result<Json> outcome(Json& answer);

  OpenFile socket_;
  std::uint64_t next_id_ = 1;
  std::string input_;
  std::size_t searched_ = 0;
  std::map<std::uint64_t, Json> early_;  // answers nobody has asked for yet
  Json last_error_;
};

}  // namespace syncline::ipc
