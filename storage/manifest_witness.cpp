// SPDX-License-Identifier: Apache-2.0
//
//   WITNESS = name (text) ‖ size u64 ‖ hash[32] ‖ check[32]
//   hash    = H("manifest1" ‖ first `size` bytes of the manifest)
//   check   = H("witness1" ‖ every byte before it)
#include "storage/manifest_witness.h"

#include "protocol/base/ids.h"
#include "protocol/crypto/hash.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"
#include "storage/file_descriptor.h"

#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace syncline::storage {

namespace fs = std::filesystem;

namespace {

constexpr const char* witness_name = "WITNESS";
constexpr std::size_t name_size_max = 64;
// RocksDB starts a new manifest at 1 MiB (rocks_options.cpp); one record may go beyond.
constexpr std::uint64_t manifest_size_max = std::uint64_t{16} << 20;

struct Witness {
  std::string manifest;
  std::uint64_t size = 0;
  Digest hash;
};

// Empty if it cannot be read: the caller then has nothing to compare.
Buffer read_file(const fs::path& path, std::uint64_t size_max) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error || size > size_max) return {};
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string current_manifest(const fs::path& store) {
  std::string name = to_text(read_file(store / "CURRENT", name_size_max));
  if (!name.empty() && name.back() == '\n') name.pop_back();
  return name.rfind("MANIFEST-", 0) == 0 ? name : std::string();
}

std::optional<Witness> read_witness(const fs::path& store) {
  const Buffer content = read_file(store / witness_name, 1024);
  if (content.size() < Digest::size) return std::nullopt;
  const Bytes body = Bytes(content).first(content.size() - Digest::size);
  if (!equal(crypto::hash("witness1", body).view(), Bytes(content).last(Digest::size)))
    return std::nullopt;
  wire::Reader in(body);
  Witness witness{in.text(name_size_max), in.u64(), in.id<Digest>()};
  const auto decoded = in.finish(std::move(witness));
  return decoded ? std::optional(*decoded) : std::nullopt;
}

tl::unexpected<Error> lost(const std::string& what) {
  return fail(Errc::corrupt, "its list of files, " + what);
}

}  // namespace

Status check_manifest(const fs::path& store) {
  const auto witness = read_witness(store);
  const std::string current = current_manifest(store);
  if (!witness || current.empty()) return {};
  // Numbers have six digits or more, so compare the length before the digits.
  const bool older = current.size() != witness->manifest.size()
                         ? current.size() < witness->manifest.size()
                         : current < witness->manifest;
  if (older) return lost(current + ", is older than " + witness->manifest + ", seen before");
  if (current != witness->manifest) return {};
  const Buffer content = read_file(store / current, manifest_size_max);
  if (content.size() < witness->size) return lost(current + ", was cut short");
  const Bytes seen = Bytes(content).first(static_cast<std::size_t>(witness->size));
  if (crypto::hash("manifest1", seen) != witness->hash) return lost(current + ", was changed");
  return {};
}

void witness_manifest(const fs::path& store) {
  const std::string current = current_manifest(store);
  if (current.empty()) return;
  const Buffer content = read_file(store / current, manifest_size_max);
  // Only what surely outlives a power cut may be demanded after one.
  const FileDescriptor manifest(::open((store / current).c_str(), O_RDONLY | O_CLOEXEC));
  if (content.empty() || !manifest.is_open() || ::fdatasync(manifest.get()) != 0) return;
  wire::Writer out;
  out.text(current).u64(content.size()).id(crypto::hash("manifest1", content));
  out.id(crypto::hash("witness1", out.view()));
  // Not synced: an older or a missing witness is no harm, so it is not worth waiting for the disk.
  const fs::path temporary = store / (std::string(witness_name) + ".tmp");
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file << to_text(out.view()) << std::flush;
  std::error_code ignored;
  if (file) fs::rename(temporary, store / witness_name, ignored);
}

}  // namespace syncline::storage
