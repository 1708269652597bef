// SPDX-License-Identifier: Apache-2.0
//
// StoreWatch: tells the person what is wrong with the store and the core cannot know.
//
// The core learns of a rollback once and then goes on in a new log; here it is said at every
// status until what is missing has come back, and so are damage that was met while reading
// and the copy that a salvage kept. It changes nothing.
#pragma once

#include "protocol/base/store.h"
#include "protocol/log/chain_hashes.h"
#include "protocol/step/step.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace syncline::agent {

class StoreWatch {
 public:
  struct Known {
    std::vector<step::AnchorHead> anchored{};  // what this device once wrote down of its logs
    bool doubted = false;                      // the store may lack what no anchor tells
    std::vector<std::filesystem::path> damaged_copies{};
    std::function<std::string()> damage{};  // a sentence, or empty
  };
  // Keeps a reference to `store`.
  StoreWatch(const StoreReader& store, Known known) : store_(store), known_(std::move(known)) {}

  void complete(step::StatusAnswer& answer);

 private:
  bool lacks_own_events();

  const StoreReader& store_;
  Known known_;
  log::ChainHashes hashes_;
};

}  // namespace syncline::agent
