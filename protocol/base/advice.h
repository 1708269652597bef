// SPDX-License-Identifier: Apache-2.0
//
// Advice: what to do about an error, beside what is wrong, in the one text that an Error carries.
//
// Whoever shows an error takes both apart and shows them where they belong. One rule for a caller:
// what is put in front of the text of such an error leaves the advice at its end.
#pragma once

#include "protocol/base/result.h"

#include <string>
#include <string_view>
#include <utility>

namespace syncline {

inline constexpr char advice_mark = '\x1f';

inline tl::unexpected<Error> fail_with_advice(Errc code, std::string what,
                                              std::string_view advice) {
  what += advice_mark;
  what += advice;
  return fail(code, std::move(what));
}

struct Advised {
  std::string_view what;
  std::string_view advice;  // empty: none
};
// What is returned refers to `context`.
inline Advised split_advice(std::string_view context) {
  const std::size_t mark = context.rfind(advice_mark);
  if (mark == std::string_view::npos) return {context, {}};
  return {context.substr(0, mark), context.substr(mark + 1)};
}

}  // namespace syncline
