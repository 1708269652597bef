// SPDX-License-Identifier: Apache-2.0
//
// decimal = ["-"] 1*30 digit ["." 1*18 digit]      no needless zero in front
#include "protocol/crdt/decimal.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace syncline::crdt {
namespace {

__extension__ typedef __int128 Wide;
__extension__ typedef unsigned __int128 UnsignedWide;

// Ten powers of it are far from what 128 bits hold, and nobody counts that far.
constexpr std::size_t digits_max = 30;
// Amounts of 64 bits that one number may be told in.
constexpr std::size_t amounts_max = 64;

Wide power_of_ten(unsigned exponent) {
  Wide power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}
const Wide one = power_of_ten(Decimal::scale_max);

std::string digits_of(Wide value) {
  auto rest = static_cast<UnsignedWide>(value < 0 ? -value : value);
  std::string digits;
  do {
    digits += static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  } while (rest != 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

bool fits_integer(Wide value) { return value >= INT64_MIN && value <= INT64_MAX; }

// The decimal with the fewest digits that is this double: what somebody wrote to get it.
std::string shortest(double number) {
  std::array<char, 32> out{};
  const auto [end, error] =
      std::to_chars(out.data(), out.data() + out.size(), number, std::chars_format::fixed);
  return error == std::errc() ? std::string(out.data(), end) : std::string();
}

tl::unexpected<Error> too_large() {
  return fail(Errc::limit, "the number is too large to be added to a counter at once");
}

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

auto DecimalSum::part(std::uint8_t scale) -> Part& {
  const auto at =
      std::lower_bound(parts_.begin(), parts_.end(), scale,
                       [](const Part& part, std::uint8_t wanted) { return part.scale < wanted; });
  if (at != parts_.end() && at->scale == scale) return *at;
  return *parts_.insert(at, Part{scale, 0, 0});
}

void DecimalSum::forget_nothing() {
  std::erase_if(parts_, [](const Part& each) { return each.is_nothing(); });
}

void DecimalSum::add(const Decimal& amount) {
  Part& to = part(amount.scale);
  to.sum += amount.mantissa;
  if (amount.mantissa == 0) ++to.zeros;
  if (to.is_nothing()) forget_nothing();
}

void DecimalSum::subtract(const Decimal& amount) {
  Part& from = part(amount.scale);
  from.sum -= amount.mantissa;
  if (amount.mantissa == 0) --from.zeros;
  if (from.is_nothing()) forget_nothing();
}

auto DecimalSum::split() const -> Split {
  Split out;
  for (const Part& each : parts_) {
    const Wide unit = power_of_ten(each.scale);
    out.whole += each.sum / unit;
    out.fraction += each.sum % unit * (one / unit);
  }
  out.whole += out.fraction / one;
  out.fraction %= one;
  if (out.whole > 0 && out.fraction < 0) {
    out.whole -= 1;
    out.fraction += one;
  } else if (out.whole < 0 && out.fraction > 0) {
    out.whole += 1;
    out.fraction -= one;
  }
  return out;
}

std::string DecimalSum::text() const {
  const Split sum = split();
  std::string out = sum.whole < 0 || sum.fraction < 0 ? "-" : "";
  out += digits_of(sum.whole);
  if (scale() == 0) return out;
  std::string places = digits_of(sum.fraction);
  places.insert(0, Decimal::scale_max - places.size(), '0');
  return out + "." + places.substr(0, scale());
}

Scalar DecimalSum::value() const {
  const Split sum = split();
  if (scale() == 0 && fits_integer(sum.whole)) return static_cast<std::int64_t>(sum.whole);
  return text();
}

DecimalSum DecimalSum::plus(const DecimalSum& other) const {
  DecimalSum out = *this;
  for (const Part& each : other.parts_) {
    Part& to = out.part(each.scale);
    to.sum += each.sum;
    to.zeros += each.zeros;
  }
  out.forget_nothing();
  return out;
}

DecimalSum DecimalSum::minus(const DecimalSum& other) const {
  DecimalSum out = *this;
  for (const Part& each : other.parts_) {
    Part& from = out.part(each.scale);
    from.sum -= each.sum;
    from.zeros -= std::min(from.zeros, each.zeros);
  }
  out.forget_nothing();
  return out;
}

Result<std::vector<Decimal>> DecimalSum::amounts_to(const DecimalSum& wanted) const {
  std::vector<Decimal> out;
  if (value() == wanted.value()) return out;
  for (const Part& each : wanted.minus(*this).parts_) {
    if (each.zeros > 0) out.push_back({0, each.scale});
    for (Wide left = each.sum; left != 0;) {
      if (out.size() == amounts_max) return too_large();
      const Wide step = std::clamp<Wide>(left, INT64_MIN, INT64_MAX);
      out.push_back({static_cast<std::int64_t>(step), each.scale});
      left -= step;
    }
  }
  return out;
}

bool DecimalSum::is_zero() const {
  const Split sum = split();
  return sum.whole == 0 && sum.fraction == 0;
}

Result<std::vector<Decimal>> DecimalSum::amounts() const {
  const Split rest = split();
  const std::uint8_t places = scale();
  const Wide unit = power_of_ten(places);
  const Wide fraction = rest.fraction / (one / unit);
  std::vector<Decimal> out;
  if (places == 0 && rest.whole == 0) return out;
  if (fits_integer(rest.whole) && fits_integer(rest.whole * unit + fraction)) {
    out.push_back({static_cast<std::int64_t>(rest.whole * unit + fraction), places});
    return out;
  }
  for (Wide left = rest.whole; left != 0;) {
    if (out.size() == amounts_max) return too_large();
    const Wide step = std::clamp<Wide>(left, INT64_MIN, INT64_MAX);
    out.push_back({static_cast<std::int64_t>(step), 0});
    left -= step;
  }
  if (places > 0) out.push_back({static_cast<std::int64_t>(fraction), places});
  return out;
}

std::optional<DecimalSum> DecimalSum::of(const Scalar& number) {
  DecimalSum out;
  if (const auto* integer = std::get_if<std::int64_t>(&number)) {
    out.add({*integer, 0});
    return out;
  }
  std::string written;
  if (const auto* rounded = std::get_if<double>(&number)) written = shortest(*rounded);
  if (const auto* text = std::get_if<std::string>(&number)) written = *text;
  const std::string_view text = written;
  const bool negative = !text.empty() && text[0] == '-';
  const std::string_view magnitude = text.substr(negative ? 1 : 0);
  const std::size_t point = std::min(magnitude.find('.'), magnitude.size());
  const std::string_view digits = magnitude.substr(0, point);
  const std::string_view places = magnitude.substr(std::min(point + 1, magnitude.size()));
  if (!is_digits(digits) || (digits.size() > 1 && digits[0] == '0')) return std::nullopt;
  if (point < magnitude.size() && !is_digits(places)) return std::nullopt;
  if (digits.size() > digits_max || places.size() > Decimal::scale_max) return std::nullopt;
  Wide whole = 0, fraction = 0;
  for (const char c : digits) whole = whole * 10 + (c - '0');
  for (const char c : places) fraction = fraction * 10 + (c - '0');
  if (whole != 0) out.parts_.push_back({0, 0, negative ? -whole : whole});
  if (!places.empty())
    out.parts_.push_back({static_cast<std::uint8_t>(places.size()), fraction == 0 ? 1U : 0U,
                          negative ? -fraction : fraction});
  return out;
}

}  // namespace syncline::crdt
