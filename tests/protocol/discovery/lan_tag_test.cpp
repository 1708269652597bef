// SPDX-License-Identifier: Apache-2.0
#include "protocol/discovery/lan_tag.h"

#include "tests/protocol/discovery/finding.h"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

namespace syncline::discovery {
namespace {

using testing::device;
using testing::discovery_key;
using testing::SeededRandom;

LanAudience audience(std::uint8_t seed, std::vector<DeviceId> devices = {}) {
  return LanAudience::of(discovery_key(seed).expose(), std::move(devices));
}

template <class... Audience>
std::vector<LanAudience> list(Audience... audiences) {
  std::vector<LanAudience> made;
  (made.push_back(std::move(audiences)), ...);
  return made;
}

struct Announcing {
  SeededRandom random{1};
  LanSelf self{device(1)};

  std::vector<std::string> txt(std::uint8_t seed = 7) {
    return announce(self, list(audience(seed)), random).txt;
  }
};

std::vector<std::string> with(std::vector<std::string> txt, std::size_t at, std::string text) {
  txt[at] = std::move(text);
  return txt;
}

Errc error_of(const std::vector<std::string>& txt) {
  const auto seen = recognise(txt, list(audience(7)));
  REQUIRE_FALSE(seen.has_value());
  return seen.error().code;
}

TEST_CASE("those who share a discovery key find the audience and the device in it") {
  Announcing announcing;
  const auto txt = announcing.txt();
  const auto seen =
      recognise(txt, list(audience(3), audience(7, {device(9), device(1), device(2)})));
  REQUIRE(seen);
  REQUIRE(seen->match);
  CHECK(seen->match->audience == 1);
  CHECK(seen->match->device == device(1));
  CHECK(seen->pairing == LanPairing::closed);
}

TEST_CASE("a device that the audience does not know is found as one of it") {
  Announcing announcing;
  const auto seen = recognise(announcing.txt(), list(audience(7, {device(2)})));
  REQUIRE(seen);
  REQUIRE(seen->match);
  CHECK_FALSE(seen->match->device);
}

TEST_CASE("strangers find nothing") {
  Announcing announcing;
  const auto seen = recognise(announcing.txt(), list(audience(3, {device(1)})));
  REQUIRE(seen);
  CHECK_FALSE(seen->match);
  CHECK_FALSE(recognise(announcing.txt(), {})->match);
}

TEST_CASE("each of eight audiences finds itself, and no more can be seen than eight tags") {
  SeededRandom random(1);
  std::vector<LanAudience> all;
  for (std::uint8_t seed = 0; seed < lan_audiences_max; ++seed) all.push_back(audience(seed));
  const auto txt = announce({device(1)}, all, random).txt;
  for (std::uint8_t seed = 0; seed < lan_audiences_max; ++seed)
    CHECK(recognise(txt, list(audience(seed, {device(1)})))->match->device == device(1));
  const auto alone = announce({device(1)}, {}, random).txt;
  REQUIRE(alone.size() == txt.size());
  for (std::size_t i = 0; i < txt.size(); ++i) CHECK(alone[i].size() == txt[i].size());
}

TEST_CASE("nothing of an announcement comes back in the next one but its version") {
  Announcing announcing;
  const auto all = list(audience(7));
  std::set<std::string> names;
  std::set<std::string> texts;
  for (int i = 0; i < 50; ++i) {
    const auto made = announce(announcing.self, all, announcing.random);
    CHECK(made.instance.size() == 16);
    CHECK(from_hex(made.instance));
    names.insert(made.instance);
    CHECK(made.txt.front() == "v=1");
    texts.insert(made.txt.begin() + 1, made.txt.end());
    // No two tags are alike either.
    for (std::size_t at = 2; at + 12 <= made.txt[2].size(); at += 12) {
      texts.insert(made.txt[2].substr(at, 12));
      texts.insert(made.txt[3].substr(at, 12));
    }
  }
  CHECK(names.size() == 50);
  CHECK(texts.size() == 50 * (3 + 16));
}

TEST_CASE("F5: an open pairing is announced without a value that depends on the code") {
  SeededRandom random(4);
  const LanSelf self{device(1), LanPairing::open};
  const auto made = announce(self, {}, random).txt;
  CHECK(made.back() == "p=1");
  CHECK(recognise(made, {})->pairing == LanPairing::open);
  // All the rest is random: the same bytes of the generator give the same text, whatever the code.
  SeededRandom again(4);
  auto closed = announce({device(1)}, {}, again).txt;
  closed.emplace_back("p=1");
  CHECK(closed == made);
}

TEST_CASE("F5: who scanned the ticket of an invitation finds the very device") {
  SeededRandom random(5);
  const auto ticket = session::PairingTicket::random(random, {"192.168.1.5:4711"});
  const auto other = session::PairingTicket::random(random, {"192.168.1.5:4711"});
  const LanSelf self{device(1), LanPairing::open};
  const auto txt = announce(self, list(audience(7), LanAudience::of(ticket)), random).txt;
  const auto scanned = session::PairingTicket::parse(ticket.uri());
  REQUIRE(scanned);
  CHECK(recognise(txt, list(LanAudience::of(*scanned)))->match);
  CHECK_FALSE(recognise(txt, list(LanAudience::of(other)))->match);
}

TEST_CASE("F6: keys that are not known are skipped, those that are come in either case and order") {
  Announcing announcing;
  auto txt = announcing.txt();
  std::reverse(txt.begin(), txt.end());
  for (const char* more : {"", "=", "x=1", "X=2", "vv=2", "flag", "tt=", "p=0"})
    txt.emplace_back(more);
  for (auto& text : txt)
    if (text.starts_with("v=")) text[0] = 'V';
  const auto seen = recognise(txt, list(audience(7, {device(1)})));
  REQUIRE(seen);
  CHECK(seen->match->device == device(1));
  CHECK(seen->pairing == LanPairing::closed);
}

TEST_CASE("F6: another version is not read") {
  Announcing announcing;
  const auto txt = announcing.txt();
  for (const char* version : {"v=2", "v=", "v", "v=01", "v=1 "})
    CHECK(error_of(with(txt, 0, version)) == Errc::unsupported);
  CHECK(error_of({txt.begin() + 1, txt.end()}) == Errc::unsupported);
  CHECK(error_of({}) == Errc::unsupported);
}

TEST_CASE("F6: what is said twice is refused") {
  Announcing announcing;
  const auto txt = announcing.txt();
  for (const char* twice : {"v=1", "V=1", "n=00", "t=", "d", "p=1"}) {
    auto more = txt;
    more.emplace_back("p=1");
    more.emplace_back(twice);
    CHECK(error_of(more) == Errc::invalid);
  }
}

TEST_CASE("F6: values out of their form are refused") {
  Announcing announcing;
  const auto txt = announcing.txt();
  for (const char* nonce : {"n=", "n", "n=00112233445566", "n=001122334455667788", "n=zz"})
    CHECK(error_of(with(txt, 1, nonce)) == Errc::invalid);
  const std::string tag = "001122334455";
  for (const std::string& tags : {std::string("t="), std::string("t"), "t=" + tag + "00",
                                  "t=" + tag, "t=" + std::string(96, 'g')})
    CHECK(error_of(with(txt, 2, tags)) == Errc::invalid);
  std::string nine = "t=";
  for (int i = 0; i < 9; ++i) nine += tag;
  CHECK(error_of(with(txt, 2, nine)) == Errc::limit);
  for (std::size_t gone = 1; gone < 4; ++gone) {
    auto less = txt;
    less.erase(less.begin() + static_cast<std::ptrdiff_t>(gone));
    CHECK(error_of(less) == Errc::invalid);
  }
}

TEST_CASE("F6: an announcement beyond its bounds is refused before it is read") {
  Announcing announcing;
  auto txt = announcing.txt();
  std::size_t size = 0;
  for (const auto& text : txt) size += 1 + text.size();
  REQUIRE(size < lan_txt_size_max);
  txt.emplace_back(lan_txt_size_max - size - 1, 'x');
  CHECK(recognise(txt, list(audience(7)))->match);
  txt.back() += 'x';
  CHECK(error_of(txt) == Errc::oversized);
  CHECK(error_of(std::vector<std::string>(lan_txt_strings_max + 1)) == Errc::limit);
}

TEST_CASE("F7: a device finds itself in its own announcement, also when another one repeats it") {
  Announcing announcing;
  const auto heard = announcing.txt();
  CHECK(recognise(heard, list(audience(7, {device(1)})))->match->device == announcing.self.device);
  auto forged = heard;
  forged[3] = "d=" + std::string(96, '0');
  const auto seen = recognise(forged, list(audience(7, {device(1), device(2)})));
  REQUIRE(seen->match);
  CHECK_FALSE(seen->match->device);
}

}  // namespace
}  // namespace syncline::discovery
