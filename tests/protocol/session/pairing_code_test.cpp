// SPDX-License-Identifier: Apache-2.0
#include "protocol/session/pairing_code.h"

#include "protocol/session/address_text.h"
#include "tests/protocol/session/link_pair.h"

#include <map>

#include <doctest/doctest.h>

namespace syncline::session {
namespace {

using testing::SeededRandom;

TEST_CASE("P1: a code is read however a person groups its digits") {
  for (const char* text :
       {"012-345-678", "012345678", "012 345 678", " 01-2-345678\n", "0 1 2 3 4 5 6 7 8"}) {
    const auto code = PairingCode::parse(text);
    REQUIRE(code);
    CHECK(code->text() == "012-345-678");
    CHECK(code->nameplate() == 12);
    CHECK(to_text(code->password()) == "345678");
  }
}

TEST_CASE("P1: a text that is no code says what is wrong with it") {
  for (const auto& [text, sentence] : std::map<std::string, std::string>{
           {"", "A code has 9 digits; this one has 0."},
           {"123-456-78", "A code has 9 digits; this one has 8."},
           {"123-456-7890", "A code has 9 digits; this one has 10."},
           {"123-456-78O", "A code has only digits, like 123-456-789."},
           {"123_456_789", "A code has only digits, like 123-456-789."},
           {std::string("123456789\0", 10), "A code has only digits, like 123-456-789."},
           {"\xd9\xa1\xd9\xa2\xd9\xa3", "A code has only digits, like 123-456-789."}}) {
    const auto code = PairingCode::parse(text);
    REQUIRE_FALSE(code);
    CHECK(code.error().code == Errc::invalid);
    CHECK(code.error().context == sentence);
  }
}

TEST_CASE("P1: every digit of a random code is as likely as the others") {
  SeededRandom random(4);
  std::array<std::array<int, 10>, 9> seen{};
  constexpr int codes = 10000;
  for (int i = 0; i < codes; ++i) {
    const std::string text = PairingCode::random(random).text();
    std::size_t place = 0;
    for (const char c : text) {
      if (c != '-') ++seen[place++][static_cast<std::size_t>(c - '0')];
    }
  }
  for (const auto& place : seen) {
    for (const int count : place) {
      CHECK(count > codes / 10 - 150);  // five standard deviations
      CHECK(count < codes / 10 + 150);
    }
  }
}

TEST_CASE("P1: a code that was moved from is wiped") {
  auto code = PairingCode::parse("123-456-789").value();
  const PairingCode moved = std::move(code);
  CHECK(moved.text() == "123-456-789");
  CHECK(equal(code.password(), Buffer(6, 0)));
}

PairingTicket ticket_with(std::vector<std::string> addresses) {
  SeededRandom random(5);
  return PairingTicket::random(random, std::move(addresses));
}

TEST_CASE("P2: a ticket comes back from its link in either case, secret and addresses") {
  const std::vector<std::string> addresses = {"192.168.1.5:4711",    "[fe80::1]:4711", "[::]:0",
                                              "laptop.local:80",     "[::1]:65535",    "10.0.0.1:x",
                                              "[2001:db8::5:0:1]:1", "0.0.0.0:1"};
  const auto ticket = ticket_with(addresses);
  const std::string uri = ticket.uri();
  for (const std::string& text : {uri, " " + uri + "\n", [&] {
                                    std::string lower = uri;
                                    for (char& c : lower) c = static_cast<char>(std::tolower(c));
                                    return lower;
                                  }()}) {
    const auto parsed = PairingTicket::parse(text);
    REQUIRE(parsed);
    CHECK(parsed->addresses == addresses);
    CHECK(equal(parsed->secret.expose(), ticket.secret.expose()));
    CHECK(parsed->uri() == uri);
  }
}

TEST_CASE("P2: a link holds only what a QR code packs tightly, and little of it") {
  const std::string uri = ticket_with({"192.168.1.5:4711", "10.0.0.7:4711"}).uri();
  CHECK(uri.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:") ==
        std::string::npos);
  CHECK(uri.size() <= 70);
}

TEST_CASE("P2: addresses that do not fit are left out of the link") {
  auto addresses = std::vector<std::string>(20, "10.0.0.1:1");
  addresses.insert(addresses.begin(), {"", "with space:1", std::string(200, 'a'), "bell\a:1"});
  const auto parsed = PairingTicket::parse(ticket_with(addresses).uri());
  REQUIRE(parsed);
  CHECK(parsed->addresses == std::vector<std::string>(ticket_addresses_max, "10.0.0.1:1"));
}

TEST_CASE("P2: a link with any letter changed, added or missing is refused") {
  const std::string uri = ticket_with({"192.168.1.5:4711", "host:1"}).uri();
  for (std::size_t i = 0; i < uri.size(); ++i) {
    for (const char c : {'0', 'Z', 'U', '-', '\0', ' '}) {
      std::string changed = uri;
      if (changed[i] == c) continue;
      changed[i] = c;
      CHECK_FALSE(PairingTicket::parse(changed));
    }
    CHECK_FALSE(PairingTicket::parse(uri.substr(0, i)));
  }
  CHECK_FALSE(PairingTicket::parse(uri + '0'));
  CHECK_FALSE(PairingTicket::parse(uri + "00"));
  CHECK_FALSE(PairingTicket::parse("SYNCLINE:" + std::string(ticket_uri_size_max, '0')));
}

TEST_CASE("P2: what a person typed is told apart") {
  CHECK(std::holds_alternative<PairingCode>(parse_pairing_input("123 456 789").value()));
  const std::string uri = ticket_with({}).uri();
  CHECK(std::holds_alternative<PairingTicket>(parse_pairing_input("  " + uri).value()));
  CHECK_FALSE(parse_pairing_input("http://example.org/"));
  CHECK_FALSE(parse_pairing_input("syncline:"));
}

TEST_CASE("P2: an address has a compact form only if it comes back letter for letter") {
  for (const char* text :
       {"1.2.3.4:5", "255.255.255.255:65535", "[::]:1", "[::1]:1", "[1::]:1", "[1:2:3:4:5:6:7:8]:9",
        "[1:0:3:4:5:6:7:8]:9", "[1::4:5:6:7:8]:9", "[1:0:0:4::8]:9", "[fe80::abcd]:10"}) {
    const auto compact = compact_address(text);
    REQUIRE_MESSAGE(compact, text);
    CHECK(address_text(*compact) == text);
  }
  for (const char* text : {"",
                           ":",
                           "1.2.3.4",
                           "1.2.3:4",
                           "1.2.3.4.5:6",
                           "1.2.3.256:1",
                           "01.2.3.4:5",
                           "1.2.3.4:05",
                           "1.2.3.4:65536",
                           "1.2.3.4:",
                           "-1.2.3.4:5",
                           "[]:1",
                           "[:::]:1",
                           "[1::2::3]:1",
                           "[::ABCD]:1",
                           "[0::1]:1",
                           "[1:2:3:4:5:6:7:8:9]:1",
                           "[1:2:3:4:5:6:7]:1",
                           "[1:2:3:4:5:6:7::8]:1",
                           "[::12345]:1",
                           "[fe80::1%eth0]:1",
                           "[::1.2.3.4]:1",
                           "::1:1",
                           "[1:0:0:4:5:0:0:8]:1"}) {
    CHECK_MESSAGE(!compact_address(text), text);
  }
}

}  // namespace
}  // namespace syncline::session
