// SPDX-License-Identifier: Apache-2.0
//
// Prints the part of ipc/API.md that comes from the method table, with its marker lines.
#include "ipc/api_document.h"

#include <iostream>

int main() {
  std::cout << syncline::ipc::api_part_begin << "\n"
            << syncline::ipc::api_part(syncline::ipc::methods()) << "\n"
            << syncline::ipc::api_part_end;
  return std::cout.good() ? 0 : 1;
}
