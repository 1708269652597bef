// SPDX-License-Identifier: Apache-2.0
//
// dht_swarm ADDRESS COUNT: a DHT of that many nodes, until its input ends.
#include "tests/agent/dht/swarm.h"

#include <cstdio>
#include <cstdlib>
#include <exception>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: dht_swarm ADDRESS COUNT\n", stderr);
    return 2;
  }
  try {
    const syncline::tests::Swarm swarm(argv[1], std::strtoul(argv[2], nullptr, 10));
    std::fputs("ready", stdout);
    for (const std::string& node : swarm.nodes()) std::printf(" %s", node.c_str());
    std::puts("");
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dht_swarm: %s\n", error.what());
    return 1;
  }
}
