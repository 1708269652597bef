// SPDX-License-Identifier: Apache-2.0
#include "protocol/sync/punch.h"

#include <doctest/doctest.h>

namespace syncline::sync {

namespace {

Punch an_ask() {
  return {PunchKind::ask,
          7,
          {*session::compact_address("45.83.1.1:40001"),
           *session::compact_address("[2001:db8::1]:40001")}};
}

Errc refusal_of(Bytes body) {
  const auto decoded = decode_punch(body);
  REQUIRE_FALSE(decoded);
  return decoded.error().code;
}

}  // namespace

TEST_CASE("a punch reads back as it was written") {
  const auto ask = decode_punch(encode(an_ask()));
  REQUIRE(ask);
  CHECK(ask->kind == PunchKind::ask);
  CHECK(ask->attempt == 7);
  REQUIRE(ask->addresses.size() == 2);
  CHECK(session::address_text(ask->addresses[1]) == "[2001:db8::1]:40001");
  const auto go = decode_punch(encode(Punch{PunchKind::go, 8, {}}));
  REQUIRE(go);
  CHECK(go->kind == PunchKind::go);
}

TEST_CASE("F26: a punch with too many addresses, of another kind or form is refused") {
  const Buffer good = encode(an_ask());
  const auto with = [&good](std::size_t index, std::uint8_t value) {
    Buffer changed = good;
    changed[index] = value;
    return changed;
  };
  CHECK(refusal_of(with(0, 2)) == Errc::unsupported);
  CHECK(refusal_of(with(1, 0)) == Errc::invalid);
  CHECK(refusal_of(with(1, 4)) == Errc::invalid);
  CHECK(refusal_of(with(1, 3)) == Errc::invalid);  // a go has no addresses
  CHECK(refusal_of(with(6, 5)) == Errc::oversized);
  CHECK(refusal_of(with(7, 5)) == Errc::invalid);
  Buffer no_port = good;
  no_port[12] = no_port[13] = 0;
  CHECK(refusal_of(no_port) == Errc::invalid);
  Buffer longer = good;
  longer.push_back(0);
  CHECK(refusal_of(longer) == Errc::non_canonical);
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK_FALSE(decode_punch(Bytes(good).first(size)));
}

}  // namespace syncline::sync
