// SPDX-License-Identifier: Apache-2.0
#include "service/interrupt.h"

#include <csignal>

#include <poll.h>

namespace syncline::service {
namespace {

volatile std::sig_atomic_t signals_seen = 0;

extern "C" void syncline_interrupted(int number) {
  if (signals_seen != 0) {
    std::signal(number, SIG_DFL);
    std::raise(number);
  }
  signals_seen = 1;
}

void install(void (*action)(int)) {
  struct sigaction how {};
  how.sa_handler = action;  // no SA_RESTART: a waiting read ends too
  ::sigaction(SIGINT, &how, nullptr);
  ::sigaction(SIGTERM, &how, nullptr);
}

}  // namespace

Interrupt::Interrupt() {
  signals_seen = 0;
  install(syncline_interrupted);
}
Interrupt::~Interrupt() { install(SIG_DFL); }

bool Interrupt::happened() const { return signals_seen != 0; }

bool Interrupt::pause(std::chrono::milliseconds time) const {
  if (!happened()) ::poll(nullptr, 0, static_cast<int>(time.count()));
  return happened();
}

}  // namespace syncline::service
