// SPDX-License-Identifier: Apache-2.0
//
// store_writer DIRECTORY [LAST]: extends the chain in a store and dies without closing it.
//
// Prints one line with the seq after each commit; tests read them as acknowledgements and
// kill the process whenever they like. With LAST it kills itself after that event.
#include "storage/rocks_store.h"
#include "tests/storage/chain_in_store.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include <signal.h>
#include <unistd.h>

using namespace syncline;
using namespace syncline::storage;

namespace {

int complain(const Error& error) {
  std::fprintf(stderr, "store_writer: %s\n", error.context.c_str());
  return 1;
}

bool acknowledge(std::uint64_t seq) {
  const std::string line = std::to_string(seq) + "\n";
  return ::write(STDOUT_FILENO, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::uint64_t last = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : UINT64_MAX;
  const auto store = RocksStore::open(argv[1], {.write_buffer_size = chain_write_buffer_size});
  if (!store) return complain(store.error());
  const auto length = chain_length(**store);
  if (!length) return complain(length.error());
  for (std::uint64_t seq = *length + 1; seq <= last; ++seq) {
    // What is only buffered survives the death of the process too.
    const auto durability = seq % 4 == 0 ? Durability::buffered : Durability::synced;
    if (auto done = (*store)->commit(chain_writes(seq), durability); !done)
      return complain(done.error());
    if (!acknowledge(seq)) return 3;
  }
  ::raise(SIGKILL);
  return 0;
}
