// SPDX-License-Identifier: Apache-2.0
//
//   index  = kind u8 = 1 ‖ file number v ‖ offset of the value v ‖ size of the value v ‖
//   compression u8 record = key size u64 ‖ value size u64 ‖ expiration u64 ‖ header crc u32 ‖ crc
//   u32 ‖ key ‖ value
//
// RocksDB's format: v is a varint, integers of a record are little-endian. The first crc is over
// the three fields before it, the second over key and value.
#include "storage/blob_value.h"

#include "protocol/wire/reader.h"
#include "storage/file_descriptor.h"

#include <cstdint>
#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

namespace syncline::storage {

namespace fs = std::filesystem;

namespace {

constexpr std::uint8_t kind_in_file = 1;
constexpr std::uint8_t not_compressed = 0;
constexpr std::size_t header_size = 32;
constexpr std::size_t header_checked_size = 24;
// Far above any value of ours, so that a damaged index asks for no absurd amount of memory.
constexpr std::uint64_t value_size_max = std::uint64_t{16} << 20;

struct Place {
  std::uint64_t file = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

std::optional<Place> decode_index(Bytes index) {
  wire::Reader in(index);
  const std::uint8_t kind = in.u8();
  const Place place{in.varint(), in.varint(), in.varint(value_size_max)};
  const std::uint8_t compression = in.u8();
  const auto decoded = in.finish(place);
  if (!decoded || kind != kind_in_file || compression != not_compressed) return std::nullopt;
  return *decoded;
}

std::uint64_t little_endian(Bytes bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) value = value << 8 | bytes[i - 1];
  return value;
}

// CRC-32C, bit by bit: a rebuild is bound by its writes, not by this.
std::uint32_t crc32c(Bytes bytes) {
  constexpr std::uint32_t polynomial = 0x82f63b78;
  std::uint32_t crc = ~std::uint32_t{0};
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ polynomial : crc >> 1;
  }
  return ~crc;
}

// RocksDB stores a checksum turned and shifted, so that one over data with checksums is no
// constant.
bool is_stored_crc(Bytes stored, Bytes of) {
  const std::uint32_t crc = crc32c(of);
  const std::uint32_t masked = (crc >> 15 | crc << 17) + 0xa282ead8;
  return little_endian(stored) == masked;
}

std::optional<Buffer> read_at(const fs::path& path, std::uint64_t offset, std::size_t size) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  Buffer content(size);
  std::size_t have = 0;
  while (file.is_open() && have < size) {
    const ssize_t got =
        ::pread(file.get(), content.data() + have, size - have, static_cast<off_t>(offset + have));
    if (got <= 0) return std::nullopt;
    have += static_cast<std::size_t>(got);
  }
  return have == size ? std::optional(std::move(content)) : std::nullopt;
}

}  // namespace

std::optional<Buffer> find_blob_value(const fs::path& store, Bytes key, Bytes index) {
  const auto place = decode_index(index);
  const std::size_t before = header_size + key.size();
  if (!place || place->offset < before || place->offset > INT64_MAX / 2) return std::nullopt;
  char name[32];
  std::snprintf(name, sizeof name, "%06llu.blob", static_cast<unsigned long long>(place->file));
  const auto size = static_cast<std::size_t>(place->size);
  const auto record = read_at(store / name, place->offset - before, before + size);
  if (!record) return std::nullopt;

  const Bytes header = Bytes(*record).first(header_size);
  const Bytes content = Bytes(*record).subspan(header_size);
  if (!is_stored_crc(header.subspan(header_checked_size, 4), header.first(header_checked_size)) ||
      !is_stored_crc(header.subspan(header_checked_size + 4, 4), content))
    return std::nullopt;
  if (little_endian(header.first(8)) != key.size() || little_endian(header.subspan(8, 8)) != size ||
      !equal(content.first(key.size()), key))
    return std::nullopt;
  return to_buffer(content.subspan(key.size()));
}

}  // namespace syncline::storage
