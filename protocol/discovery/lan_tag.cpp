// SPDX-License-Identifier: Apache-2.0
//
//   lan key    = KDF(discovery key, "lan"), or KDF(KDF(secret of a ticket, "ticket"), "lan")
//   TXT        = "v=1" ‖ "n=" nonce 8 ‖ "t=" (audience tag 6)*n ‖ "d=" (device tag 6)*n ‖ "p=1"
//   tags       = H(lan key; "mdn1" ‖ nonce)[0:6], H(lan key; "mdd1" ‖ nonce ‖ device id)[0:6]
//   Values in lower-case hexadecimal, n from 1 to 8 and the same in t and d; p only while a pairing
//   is open. What is announced has n = 8: random tags stand for the audiences that there are not.
#include "protocol/discovery/lan_tag.h"

#include "protocol/base/check.h"
#include "protocol/crypto/hash.h"

#include <array>

namespace syncline::discovery {
namespace {

using LanNonce = Id<struct LanNonceTag, 8>;
using LanTag = Id<struct LanTagTag, 6>;

template <class IdType>
IdType random_id(Random& random) {
  IdType id;
  random.fill(id.bytes);
  return id;
}

LanTag audience_tag(const LanAudience& audience, const LanNonce& nonce) {
  return crypto::truncated<LanTag>(
      crypto::Hasher(audience.key.expose(), "mdn1").add(nonce).finish());
}

LanTag device_tag(const LanAudience& audience, const LanNonce& nonce, const DeviceId& device) {
  return crypto::truncated<LanTag>(
      crypto::Hasher(audience.key.expose(), "mdd1").add(nonce).add(device).finish());
}

bool same(const LanTag& a, const LanTag& b) { return crypto::equal_secret(a.view(), b.view()); }

// The values of the keys that are known, by the letter of the key.
struct Fields {
  static constexpr std::string_view known = "vntdp";
  std::array<std::optional<std::string_view>, known.size()> values;

  const std::optional<std::string_view>& operator[](char key) const {
    return values[known.find(key)];
  }
};

Result<Fields> read_fields(std::span<const std::string> txt) {
  if (txt.size() > lan_txt_strings_max) return fail(Errc::limit, "strings of an announcement");
  std::size_t size = 0;
  for (const std::string& text : txt) size += 1 + text.size();
  if (size > lan_txt_size_max) return fail(Errc::oversized, "announcement");
  Fields fields;
  for (const std::string& text : txt) {
    if (text.empty() || (text.size() > 1 && text[1] != '=')) continue;
    // Keys are written in either case (RFC 6763, section 6.4).
    const char key = text[0] >= 'A' && text[0] <= 'Z' ? static_cast<char>(text[0] | 0x20) : text[0];
    const std::size_t at = Fields::known.find(key);
    if (at == std::string_view::npos) continue;
    if (fields.values[at]) return fail(Errc::invalid, "an announcement says something twice");
    fields.values[at] = std::string_view(text).substr(std::min<std::size_t>(2, text.size()));
  }
  return fields;
}

Result<std::vector<LanTag>> read_tags(const std::optional<std::string_view>& text) {
  if (!text) return fail(Errc::invalid, "an announcement without tags");
  const auto raw = from_hex(*text);
  if (!raw || raw->empty() || raw->size() % LanTag::size != 0)
    return fail(Errc::invalid, "tags of an announcement");
  if (raw->size() > lan_audiences_max * LanTag::size)
    return fail(Errc::limit, "tags of an announcement");
  std::vector<LanTag> tags;
  for (Bytes rest = *raw; !rest.empty(); rest = rest.subspan(LanTag::size))
    tags.push_back(*LanTag::from(rest.first(LanTag::size)));
  return tags;
}

std::optional<DeviceId> find_device(const LanAudience& audience, const LanNonce& nonce,
                                    const LanTag& tag) {
  for (const DeviceId& device : audience.devices)
    if (same(device_tag(audience, nonce, device), tag)) return device;
  return std::nullopt;
}

}  // namespace

LanAudience LanAudience::of(crypto::KeyView discovery, std::vector<DeviceId> devices) {
  return {crypto::derive<crypto::SubKey>(discovery, "lan"), std::move(devices)};
}

LanAudience LanAudience::of(const session::PairingTicket& ticket) {
  return of(crypto::derive<crypto::SubKey>(ticket.secret.expose(), "ticket").expose(), {});
}

LanAnnouncement announce(const LanSelf& self, std::span<const LanAudience> audiences,
                         Random& random) {
  SYNCLINE_CHECK(audiences.size() <= lan_audiences_max);
  const auto nonce = random_id<LanNonce>(random);
  std::string tags = "t=";
  std::string devices = "d=";
  for (std::size_t i = 0; i < lan_audiences_max; ++i) {
    const bool is_real = i < audiences.size();
    tags += (is_real ? audience_tag(audiences[i], nonce) : random_id<LanTag>(random)).hex();
    devices +=
        (is_real ? device_tag(audiences[i], nonce, self.device) : random_id<LanTag>(random)).hex();
  }
  LanAnnouncement made{random_id<LanNonce>(random).hex(),
                       {"v=1", "n=" + nonce.hex(), std::move(tags), std::move(devices)}};
  if (self.pairing == LanPairing::open) made.txt.emplace_back("p=1");
  return made;
}

Result<LanSighting> recognise(std::span<const std::string> txt,
                              std::span<const LanAudience> audiences) {
  const auto fields = read_fields(txt);
  if (!fields) return pass(fields);
  if ((*fields)['v'] != "1") return fail(Errc::unsupported, "an announcement of another version");
  const auto& nonce_text = (*fields)['n'];
  const auto nonce = nonce_text ? LanNonce::from_hex_text(*nonce_text) : std::nullopt;
  if (!nonce) return fail(Errc::invalid, "the nonce of an announcement");
  const auto tags = read_tags((*fields)['t']);
  if (!tags) return pass(tags);
  const auto device_tags = read_tags((*fields)['d']);
  if (!device_tags) return pass(device_tags);
  if (tags->size() != device_tags->size())
    return fail(Errc::invalid, "an announcement whose tags do not go together");
  LanSighting sighting;
  if ((*fields)['p'] == "1") sighting.pairing = LanPairing::open;
  for (std::size_t i = 0; i < audiences.size() && !sighting.match; ++i) {
    const LanTag wanted = audience_tag(audiences[i], *nonce);
    for (std::size_t k = 0; k < tags->size() && !sighting.match; ++k)
      if (same(wanted, (*tags)[k]))
        sighting.match = {i, find_device(audiences[i], *nonce, (*device_tags)[k])};
  }
  return sighting;
}

}  // namespace syncline::discovery
