// SPDX-License-Identifier: Apache-2.0
//
// Conversation: one caller's calls and their answers, whatever carries the lines.
//
// Lines go in through take(); answers come out through Outlet::send, each as it is ready.
// Bounds on how much may be under way are the carrier's, from outstanding(). Destroying a
// Conversation forgets what is still under way; replies that come later are dropped.
#pragma once

#include "ipc/backend.h"
#include "ipc/methods.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace syncline::ipc {

// One answer, or one batch of answers, as a line.
inline constexpr std::size_t answer_size_max = 16 * 1024 * 1024;

// Neither may destroy the Conversation during the call.
struct Outlet {
  std::function<void(std::string line)> send;  // without a line end
  std::function<void()> settled;               // outstanding() went down
};

class Conversation {
 public:
  // `backend` and `table` outlive every Conversation.
  Conversation(const Backend& backend, MethodTable table, Outlet outlet);
  ~Conversation();
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  Conversation(Conversation&&) = delete;
  Conversation& operator=(Conversation&&) = delete;

  // One line, without its end. May send before it returns.
  void take(std::string_view line);
  // Calls, notifications too, that the agent has not answered.
  std::size_t outstanding() const;
  void forget_all();
  // The caller is gone, with everything that lasts as long as it does. Destroying does it, too.
  void leave();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace syncline::ipc
