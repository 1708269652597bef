// SPDX-License-Identifier: Apache-2.0
#include "protocol/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace syncline {

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "syncline: broken invariant: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace syncline
