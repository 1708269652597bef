// SPDX-License-Identifier: Apache-2.0
//
// Session: one conversation of the command line with the agent.
//
// Turns the errors of the local API into failures with an exit code and a next step. A
// question that may take long is given the Interrupt that ends the waiting for it.
#pragma once

#include "ipc/client.h"
#include "ipc/json.h"
#include "service/failure.h"
#include "service/interrupt.h"
#include "service/places.h"

#include <string>

namespace syncline::service {

class Session {
 public:
  // ExitCode::no_agent if nobody serves there.
  static Got<Session> open(const Places& places);

  Got<ipc::Json> call(const std::string& method, ipc::Json params = ipc::Json::object());
  // ExitCode::interrupted once `interrupt` happened; the answer is then never read.
  Got<ipc::Json> call(const std::string& method, ipc::Json params, const Interrupt& interrupt);

 private:
  explicit Session(ipc::Client client) : client_(std::move(client)) {}
  Got<ipc::Json> outcome(Result<ipc::Json> answer) const;

  ipc::Client client_;
};

}  // namespace syncline::service
