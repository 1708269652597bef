// SPDX-License-Identifier: Apache-2.0
//
//   code    = 9 digits, shown as NNN-NNN-NNN
//   uri     = "SYNCLINE:" ‖ base32(ticket)      Crockford's alphabet, last bits zero
//   ticket  = version u8 (1) ‖ secret (16) ‖ count u8 ‖ address * count ‖ check u16
//   address = 1 ‖ IPv4 (4) ‖ port u16  |  2 ‖ IPv6 (16) ‖ port u16  |  3 ‖ size varint ‖ text
//   check   = H("tkt1" ‖ ticket without check), its first 2 bytes: finds a slip, no attack
#include "protocol/session/pairing_code.h"

#include "protocol/crypto/hash.h"
#include "protocol/session/address_text.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <algorithm>

namespace syncline::session {
namespace {

constexpr std::size_t secret_size = 16;
constexpr std::uint8_t ticket_version = 1;
constexpr std::string_view scheme = "SYNCLINE:";
constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

enum class AddressKind : std::uint8_t { ip4 = 1, ip6 = 2, text = 3 };

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

bool has_scheme(std::string_view text) {
  return text.size() >= scheme.size() &&
         std::equal(scheme.begin(), scheme.end(), text.begin(),
                    [](char expected, char given) { return expected == upper(given); });
}

std::string base32(Bytes bytes) {
  std::string text;
  std::uint32_t bits = 0;
  int count = 0;
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 5; count -= 5) text += alphabet[bits >> (count - 5) & 31];
  }
  if (count > 0) text += alphabet[bits << (5 - count) & 31];
  return text;
}

std::optional<Buffer> from_base32(std::string_view text) {
  Buffer bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t value = alphabet.find(upper(c));
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 5 | static_cast<std::uint32_t>(value);
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<std::uint8_t>(bits >> count & 0xff));
  }
  // Neither a letter too many nor bits that mean nothing: one text for each ticket.
  if (count >= 5 || (bits & ((1U << count) - 1)) != 0) return std::nullopt;
  return bytes;
}

std::uint16_t check_of(Bytes ticket) {
  return wire::Reader(crypto::hash("tkt1", ticket).view()).u16();
}

bool is_address_text(std::string_view text) {
  return !text.empty() && text.size() <= ticket_address_size_max &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

void write_address(wire::Writer& writer, std::string_view address) {
  const auto compact = compact_address(address);
  if (!compact) {
    writer.u8(static_cast<std::uint8_t>(AddressKind::text)).text(address);
    return;
  }
  const auto kind = compact->ip.size() == 4 ? AddressKind::ip4 : AddressKind::ip6;
  writer.u8(static_cast<std::uint8_t>(kind)).fixed(compact->ip).u16(compact->port);
}

std::string read_address(wire::Reader& reader) {
  const auto kind = static_cast<AddressKind>(reader.u8());
  if (kind == AddressKind::text) {
    std::string text = reader.text(ticket_address_size_max);
    if (!is_address_text(text) || compact_address(text)) reader.fail_with(Errc::non_canonical);
    return text;
  }
  if (kind != AddressKind::ip4 && kind != AddressKind::ip6) reader.fail_with(Errc::unsupported);
  CompactAddress address;
  address.ip = to_buffer(reader.fixed(kind == AddressKind::ip4 ? 4 : 16));
  address.port = reader.u16();
  return reader.ok() ? address_text(address) : std::string();
}

// Wiped: it holds the secret.
struct TicketBytes {
  Buffer bytes;
  ~TicketBytes() { crypto::wipe(bytes); }
};

Result<PairingTicket> decode_ticket(Bytes bytes) {
  constexpr std::size_t check_size = 2;
  if (bytes.size() < check_size) return fail(Errc::truncated, "ticket");
  const Bytes content = bytes.first(bytes.size() - check_size);
  if (wire::Reader(bytes.subspan(content.size())).u16() != check_of(content)) {
    return fail(Errc::bad_signature, "ticket");
  }
  wire::Reader reader(content);
  if (reader.u8() != ticket_version) reader.fail_with(Errc::unsupported);
  const Bytes secret = reader.fixed(secret_size);
  PairingTicket ticket{.secret = crypto::SubKey::made_by([&](std::span<std::uint8_t, 32> out) {
                         std::copy(secret.begin(), secret.end(), out.begin());
                       }),
                       .addresses = {}};
  const std::size_t count = reader.u8();
  if (count > ticket_addresses_max) reader.fail_with(Errc::oversized);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    ticket.addresses.push_back(read_address(reader));
  }
  return reader.finish(std::move(ticket));
}

}  // namespace

PairingCode PairingCode::random(Random& random) {
  Digits digits;
  for (auto& digit : digits) digit = static_cast<std::uint8_t>('0' + random.below(10));
  return PairingCode(digits);
}

Result<PairingCode> PairingCode::parse(std::string_view text) {
  PairingCode code{Digits{}};
  std::size_t count = 0;
  for (const char c : trimmed(text)) {
    if (c == ' ' || c == '-') continue;
    if (c < '0' || c > '9') {
      return fail(Errc::invalid, "A code has only digits, like 123-456-789.");
    }
    if (count < code.digits_.size()) code.digits_[count] = static_cast<std::uint8_t>(c);
    ++count;
  }
  if (count != code.digits_.size()) {
    return fail(Errc::invalid, "A code has 9 digits; this one has " + std::to_string(count) + ".");
  }
  return code;
}

std::uint16_t PairingCode::nameplate() const {
  return static_cast<std::uint16_t>((digits_[0] - '0') * 100 + (digits_[1] - '0') * 10 +
                                    (digits_[2] - '0'));
}

std::string PairingCode::text() const {
  const std::string digits = to_text(digits_);
  return digits.substr(0, 3) + '-' + digits.substr(3, 3) + '-' + digits.substr(6);
}

PairingTicket PairingTicket::random(Random& random, std::vector<std::string> addresses) {
  return {.secret = crypto::SubKey::made_by(
              [&](std::span<std::uint8_t, 32> out) { random.fill(out.first(secret_size)); }),
          .addresses = std::move(addresses)};
}

std::string PairingTicket::uri() const {
  std::vector<std::string_view> carried;
  for (const auto& address : addresses) {
    if (is_address_text(address) && carried.size() < ticket_addresses_max) {
      carried.push_back(address);
    }
  }
  wire::Writer writer;
  writer.u8(ticket_version).fixed(Bytes(secret.expose()).first(secret_size));
  writer.u8(static_cast<std::uint8_t>(carried.size()));
  for (const auto address : carried) write_address(writer, address);
  writer.u16(check_of(writer.view()));
  const TicketBytes ticket{writer.take()};
  return std::string(scheme) + base32(ticket.bytes);
}

Result<PairingTicket> PairingTicket::parse(std::string_view uri) {
  const std::string_view text = trimmed(uri);
  if (!has_scheme(text)) return fail(Errc::invalid, "A pairing link begins with syncline:.");
  if (text.size() > ticket_uri_size_max) return fail(Errc::oversized, "pairing link");
  const auto bytes = from_base32(text.substr(scheme.size()));
  if (!bytes) return fail(Errc::invalid, "This pairing link has a wrong letter or is cut short.");
  TicketBytes ticket{*bytes};
  auto decoded = decode_ticket(ticket.bytes);
  if (decoded) return decoded;
  if (decoded.error().code == Errc::unsupported) {
    return fail(Errc::unsupported, "This pairing link was made by a newer Syncline.");
  }
  return fail(decoded.error().code, "This pairing link is incomplete or was changed.");
}

Audience audience_of(const PairingTicket& ticket) {
  return Audience::of(crypto::derive<crypto::SubKey>(ticket.secret.expose(), "ticket").expose());
}

Result<PairingInput> parse_pairing_input(std::string_view text) {
  if (has_scheme(trimmed(text))) {
    auto ticket = PairingTicket::parse(text);
    if (!ticket) return pass(ticket);
    return PairingInput(std::move(*ticket));
  }
  auto code = PairingCode::parse(text);
  if (!code) return pass(code);
  return PairingInput(std::move(*code));
}

}  // namespace syncline::session
