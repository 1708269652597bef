// SPDX-License-Identifier: Apache-2.0
//
// Any history of a text, in any causal order and brought up to date at any moments, leads to one
// text.
//
// input = step*; step = what u8 [place u8 count u8] : of `what` bits 0-1 the author, 2-4 what it
// does, 5 whether the step goes on with the event before, 6-7 whom it hears from before. Input is
// used up from the front; a last step that is cut short is left out.
#include "protocol/base/bytes.h"
#include "protocol/base/check.h"
#include "tests/protocol/text/authored_text.h"

#include <utility>

namespace {

using namespace syncline;
using namespace syncline::text;

constexpr std::size_t steps_max = 300;

AuthoredText::Change change_of(std::uint8_t what, std::uint8_t place, std::uint8_t count) {
  const std::uint32_t kind = what >> 2 & 7;
  const std::uint32_t few = 1 + count % 16;
  if (kind == 7) return {OpKind::clear, 0, 1, {}};
  if (kind >= 5) return {OpKind::remove, place, few, {}};
  AuthoredText::Change change{OpKind::insert, place, few, {}};
  for (std::uint32_t i = 0; i < few; ++i) change.utf8 += count < 128 ? "x" : "\u20ac";
  return change;
}

class Reading {
 public:
  explicit Reading(Bytes input) : input_(input) {}

  void run() {
    for (std::size_t steps = 0; steps < steps_max && input_.size() >= 3; ++steps) step();
    write();
    bring_up_to_date();
    const std::string wanted = follower_.rope().text();
    // Backwards as far as causes allow, and in the order of authors.
    TextLog late = text_.delivered_again([](std::size_t ready) { return ready - 1; });
    SYNCLINE_CHECK(AuthoredText::text_of(late) == wanted);
    std::size_t turn = 0;
    TextLog mixed = text_.delivered_again([&turn](std::size_t ready) { return turn++ % ready; });
    SYNCLINE_CHECK(AuthoredText::text_of(mixed) == wanted);
  }

 private:
  void step() {
    const std::uint8_t what = input_[0];
    const AuthoredText::Change change = change_of(what, input_[1], input_[2]);
    input_ = input_.subspan(3);
    if ((what & 3) == 3) return bring_up_to_date();
    if ((what & 0x20) == 0 || author_ != std::uint32_t{what} % 4) write();
    author_ = what & 3;
    if (changes_.empty() && what >> 6 > 0) text_.tell(author_, (what >> 6) - 1U);
    changes_.push_back(change);
  }

  void write() {
    if (!changes_.empty()) text_.write(author_, std::exchange(changes_, {}));
  }

  void bring_up_to_date() {
    write();
    if (text_.log().size() == 0) return;
    follower_.follow(text_.log());
    SYNCLINE_CHECK(!follower_.check(text_.log()));
  }

  Bytes input_;
  AuthoredText text_;
  Follower follower_;
  std::uint32_t author_ = 0;
  std::vector<AuthoredText::Change> changes_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reading(Bytes(data, size)).run();
  return 0;
}
