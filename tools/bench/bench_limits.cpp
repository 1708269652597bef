// SPDX-License-Identifier: Apache-2.0
//
// What this machine can do at best, for benchmarks to be held against: one JSON object.
//
// cipher: hashing and opening one 200-byte event a time; disk: one small synced append;
// loopback: one byte there and back over TCP on this machine.
#include "protocol/crypto/aead.h"
#include "protocol/crypto/hash.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

double percentile(std::vector<double>& values, double which) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(which * static_cast<double>(values.size() - 1))];
}

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

// Events a second that one core can chain-hash (blind) or hash and open (merged).
void cipher(double& blind, double& merged) {
  using namespace syncline;
  constexpr int count = 200000;
  const auto key = crypto::SubKey::made_by(
      [](std::span<std::uint8_t, 32> out) { std::ranges::fill(out, std::uint8_t{7}); });
  crypto::Nonce nonce;
  Buffer sealed;
  const Buffer plaintext(224, 1);
  crypto::encrypt(sealed, key.expose(), nonce, {}, plaintext);
  Digest chain;
  const auto hash_one = [&] {
    const Digest leaf = crypto::Hasher("lf1").add(nonce).add(sealed).finish();
    chain = crypto::Hasher("ch1").add(chain).add(leaf).finish();
  };
  auto start = Clock::now();
  for (int i = 0; i < count; ++i) hash_one();
  blind = count / microseconds_since(start) * 1e6;
  start = Clock::now();
  for (int i = 0; i < count; ++i) {
    hash_one();
    if (!crypto::decrypt(key.expose(), nonce, {}, sealed)) std::exit(1);
  }
  merged = count / microseconds_since(start) * 1e6;
}

double disk_sync_p50_us(const char* directory) {
  const std::string path = std::string(directory) + "/bench-limit";
  const int file = open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) give_up("open");
  std::array<char, 400> block{};
  std::vector<double> times;
  for (int i = 0; i < 200; ++i) {
    const auto start = Clock::now();
    if (write(file, block.data(), block.size()) < 0 || fdatasync(file) != 0) give_up("fdatasync");
    times.push_back(microseconds_since(start));
  }
  close(file);
  unlink(path.c_str());
  return percentile(times, 0.5);
}

double loopback_p50_us() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, raw, size) != 0 || listen(listener, 1) != 0 ||
      getsockname(listener, raw, &size) != 0)
    give_up("listen");
  std::thread echo([listener] {
    const int far_end = accept(listener, nullptr, nullptr);
    const int on = 1;
    setsockopt(far_end, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    char byte = 0;
    while (read(far_end, &byte, 1) == 1 && write(far_end, &byte, 1) == 1) {
    }
    close(far_end);
  });
  const int caller = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(caller, raw, size) != 0) give_up("connect");
  const int on = 1;
  setsockopt(caller, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  std::vector<double> times;
  for (int i = 0; i < 2000; ++i) {
    const auto start = Clock::now();
    char byte = 1;
    if (write(caller, &byte, 1) != 1 || read(caller, &byte, 1) != 1) give_up("loopback");
    times.push_back(microseconds_since(start));
  }
  close(caller);
  echo.join();
  close(listener);
  return percentile(times, 0.5);
}

}  // namespace

int main(int argc, char** argv) {
  if (sodium_init() < 0) return 1;
  double blind = 0;
  double merged = 0;
  cipher(blind, merged);
  std::printf(
      "{\"cipher_blind_per_s\":%.0f,\"cipher_merged_per_s\":%.0f,\"disk_sync_us\":%.1f,\"loopback_"
      "us\":%.1f}\n",
      blind, merged, disk_sync_p50_us(argc > 1 ? argv[1] : "."), loopback_p50_us());
  return 0;
}
