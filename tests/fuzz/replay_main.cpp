// SPDX-License-Identifier: Apache-2.0
//
// Runs a fuzz target over saved inputs, so that every build replays what fuzzing found.
//
// Each input is also tried cut short and with single bytes changed: a few thousand
// neighbours of every known input in a second, with the compiler at hand.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// Larger inputs are replayed as they are.
constexpr std::size_t neighbours_size_max = 512;

std::size_t run(const std::vector<std::uint8_t>& input) {
  LLVMFuzzerTestOneInput(input.data(), input.size());
  return 1;
}

std::size_t run_neighbours(std::vector<std::uint8_t> input) {
  if (input.size() > neighbours_size_max) return 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < input.size(); ++i) {
    const std::uint8_t original = input[i];
    for (const int flip : {0x01, 0x80, 0xff}) {
      input[i] = static_cast<std::uint8_t>(original ^ flip);
      count += run(input);
    }
    input[i] = original;
  }
  while (!input.empty()) {
    input.pop_back();
    count += run(input);
  }
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t files = 0;
  std::size_t inputs = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream file(entry.path(), std::ios::binary);
      std::vector<std::uint8_t> input{std::istreambuf_iterator<char>(file), {}};
      inputs += run(input);
      inputs += run_neighbours(std::move(input));
      ++files;
    }
  }
  std::printf("replayed %zu files, %zu inputs\n", files, inputs);
  return files == 0 ? 1 : 0;
}
