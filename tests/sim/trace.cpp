// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/trace.h"

#include <cstdio>

namespace syncline::sim {

void Trace::mix(std::uint64_t value) {
  hash_ = (hash_ ^ value) * 0x9e3779b97f4a7c15U;
  hash_ ^= hash_ >> 29;
}

void Trace::mix(Bytes bytes) {
  std::uint64_t word = 0;
  std::size_t filled = 0;
  for (const std::uint8_t byte : bytes) {
    word = word << 8 | byte;
    if (++filled % 8 == 0) mix(word);
  }
  mix(word);
  mix(bytes.size());
}

void Trace::print(Instant at, std::size_t device, std::string_view what,
                  const std::string& detail) const {
  const double seconds = std::chrono::duration<double>(at.since_start).count();
  std::printf("%12.6f  d%zu  %-10.*s %s\n", seconds, device, static_cast<int>(what.size()),
              what.data(), detail.c_str());
}

void Trace::add(Instant at, std::size_t device, std::string_view what, std::uint64_t number) {
  mix(static_cast<std::uint64_t>(at.since_start.count()));
  mix(device);
  mix(as_bytes(what));
  mix(number);
  if (prints()) print(at, device, what, std::to_string(number));
}

void Trace::add(Instant at, std::size_t device, std::string_view what, const std::string& detail) {
  mix(static_cast<std::uint64_t>(at.since_start.count()));
  mix(device);
  mix(as_bytes(what));
  mix(as_bytes(detail));
  if (prints()) print(at, device, what, detail);
}

void Trace::add_bytes(Instant at, std::size_t device, std::string_view what, Bytes bytes) {
  mix(static_cast<std::uint64_t>(at.since_start.count()));
  mix(device);
  mix(bytes.last(bytes.size() < 32 ? bytes.size() : 32));
  mix(bytes.size());
  if (prints()) print(at, device, what, std::to_string(bytes.size()) + " bytes");
}

}  // namespace syncline::sim
