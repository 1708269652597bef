// SPDX-License-Identifier: Apache-2.0
//
// Places: where the vault lives and where its socket is, for both programs alike.
//
// An agent whose home was named keeps its socket inside that home, so that several agents
// of one person do not meet at one socket; only the usual home uses the session's own
// runtime directory.
#pragma once

#include "protocol/base/result.h"

#include <filesystem>
#include <string>

namespace syncline::service {

struct Places {
  std::filesystem::path home;
  std::filesystem::path runtime;  // the directory of the socket

  std::filesystem::path socket() const { return runtime / "rpc.sock"; }
};

struct PlaceOptions {
  std::string home;     // --home; empty: $SYNCLINE_HOME, then the usual place
  std::string runtime;  // --runtime; empty: $SYNCLINE_RUNTIME, then as above
};

// Errc::invalid if the path of the socket is longer than the system allows.
Result<Places> find_places(const PlaceOptions& options);

}  // namespace syncline::service
