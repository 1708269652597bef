// SPDX-License-Identifier: Apache-2.0
//
// ScriptedCore: a core for tests of the shell: it keeps what it was told and does what it
// is asked to. It is not a model of the real one. One script line answers one kind of input.
#pragma once

#include "agent/core.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace syncline::agent {

class ScriptedCore final : public Core {
 public:
  using Script = std::function<void(const step::Input&, step::Step&)>;

  step::Step handle(step::Input input, Now) override {
    if (const auto* const piece = std::get_if<step::Received>(&input))
      received += to_text(piece->bytes);
    step::Step step;
    step.wake_at = wake_at;
    if (on_input) on_input(input, step);
    inputs.push_back(input.index());
    kept.push_back(std::move(input));
    return step;
  }
  step::Step settle(Now) override {
    ++settled;
    step::Step step;
    step.wake_at = wake_at;
    if (on_settle) on_settle(step);
    return step;
  }

  template <class T>
  std::vector<const T*> all() const {
    std::vector<const T*> found;
    for (const step::Input& input : kept)
      if (const T* const one = std::get_if<T>(&input)) found.push_back(one);
    return found;
  }

  Script on_input;
  std::function<void(step::Step&)> on_settle;
  std::optional<Instant> wake_at;
  std::vector<step::Input> kept;
  std::vector<std::size_t> inputs;
  std::string received;
  int settled = 0;
};

inline Write write_of(std::string_view key, std::string_view value) {
  return Write{Family::meta, to_buffer(as_bytes(key)), to_buffer(as_bytes(value))};
}

}  // namespace syncline::agent
