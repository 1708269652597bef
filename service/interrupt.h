// SPDX-License-Identifier: Apache-2.0
//
// Interrupt: Ctrl-C as something a waiting command can look at.
//
// While one exists, SIGINT and SIGTERM only set a flag and end pause(); the command cleans
// up and returns ExitCode::interrupted. A second signal ends the process at once.
#pragma once

#include <chrono>

namespace syncline::service {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool happened() const;
  // Sleeps, or less if it happens. The result is happened().
  bool pause(std::chrono::milliseconds time) const;
};

}  // namespace syncline::service
