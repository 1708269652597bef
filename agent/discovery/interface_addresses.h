// SPDX-License-Identifier: Apache-2.0
//
// The addresses of this computer, network by network, for what is announced on each.
#pragma once

#include <string>
#include <vector>

namespace syncline::agent {

struct InterfaceAddress {
  int interface = 0;    // the kernel's index
  std::string address;  // numeric, without a scope
};

// Of interfaces that are up and carry multicast; never loopback.
std::vector<InterfaceAddress> interface_addresses();

}  // namespace syncline::agent
