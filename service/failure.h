// SPDX-License-Identifier: Apache-2.0
//
// Failure: why a command of the command line did not do what was asked.
//
// One sentence for the person, one next step, and an exit code for scripts. Printed in
// one place (main), as text or with --json as an object.
#pragma once

#include "protocol/base/advice.h"
#include "protocol/base/result.h"
#include "service/exit_code.h"

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace syncline::service {

struct Failure {
  ExitCode code = ExitCode::failed;
  std::string kind;     // as `data.kind` of the local API, or "usage", "no_agent"
  std::string message;  // one sentence, no full stop needed
  std::string next;     // what to do; may be empty
};

template <class T>
class [[nodiscard]] Got : public tl::expected<T, Failure> {
 public:
  using Base = tl::expected<T, Failure>;
  using Base::Base;
};

inline tl::unexpected<Failure> refuse(Failure failure) {
  return tl::unexpected<Failure>(std::move(failure));
}
inline tl::unexpected<Failure> usage_error(std::string message, std::string next = {}) {
  return refuse({ExitCode::usage, "usage", std::move(message), std::move(next)});
}
inline tl::unexpected<Failure> failed(const Error& error, std::string next = {}) {
  const auto [what, advice] = split_advice(error.context);
  if (next.empty()) next = advice;
  return refuse({exit_code_of(error.code), std::string(name_of(error.code)), std::string(what),
                 std::move(next)});
}
template <class T>
tl::unexpected<Failure> pass_on(const Got<T>& got) {
  return tl::unexpected<Failure>(got.error());
}

}  // namespace syncline::service
