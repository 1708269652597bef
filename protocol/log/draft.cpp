// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/draft.h"

#include "protocol/base/check.h"

namespace syncline::log {

void Draft::put(Family family, Buffer key, Buffer value) {
  staged_.add({Write{family, std::move(key), std::move(value)}});
}

void Draft::remove(Family family, Buffer key) {
  staged_.add({Write{family, std::move(key), std::nullopt}});
}

std::vector<Write> Draft::take() {
  const Status taken = staged_.commit(Durability::buffered);
  SYNCLINE_CHECK(taken.has_value());  // the sink only collects
  return std::exchange(sink_.taken, {});
}

}  // namespace syncline::log
