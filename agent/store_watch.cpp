// SPDX-License-Identifier: Apache-2.0
#include "agent/store_watch.h"

#include "protocol/log/rollback.h"

#include <cctype>

namespace syncline::agent {

// What is there once stays there; what is not may come from another device.
bool StoreWatch::lacks_own_events() {
  const log::RollbackCheck check(store_, hashes_);
  std::erase_if(known_.anchored, [&](const step::AnchorHead& head) {
    const auto state = check.against({head.log, {head.seq, head.head}});
    return state && *state == log::OwnLogState::consistent;
  });
  return !known_.anchored.empty();
}

void StoreWatch::complete(step::StatusAnswer& answer) {
  const bool lacking = lacks_own_events();
  if (!answer.rolled_back && (lacking || known_.doubted)) {
    answer.rolled_back = true;
    answer.attention.push_back(
        "This device's data may be older than what it once wrote. It continues in a new log; "
        "connect another device to get the missing changes back.");
  }
  if (std::string damage = known_.damage(); !damage.empty()) {
    damage.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(damage.front())));
    answer.attention.push_back(damage + ".");
  }
  for (const std::filesystem::path& copy : known_.damaged_copies) {
    std::error_code error;
    if (std::filesystem::exists(copy, error))
      answer.attention.push_back("The store was damaged and may lack changes: connect another " +
                                 ("device. The damaged one is kept in " + copy.string()) +
                                 "; remove it once everything is back.");
  }
}

}  // namespace syncline::agent
