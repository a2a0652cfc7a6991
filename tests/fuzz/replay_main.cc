// SPDX-License-Identifier: Apache-2.0
// Stands in for libFuzzer in builds without it: gives the fuzz target the files
// of the folders named on the command line, as they are and with random
// changes, and random bytes. The same inputs in every run.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using Input = std::vector<uint8_t>;

constexpr int kRandomInputs = 20'000;
constexpr int kChangesPerSeed = 2'000;
constexpr size_t kMaxRandomBytes = 256;

std::vector<Input> ReadFolder(const char* folder) {
  std::vector<Input> inputs;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file),
                        std::istreambuf_iterator<char>());
  }
  return inputs;
}

void Run(const Input& input) {
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

class Mutator {
 public:
  Input Random() {
    Input input(Below(kMaxRandomBytes + 1));
    for (uint8_t& byte : input) byte = Byte();
    return input;
  }

  // `input` with up to four bytes changed, taken out or put in, now and then
  // cut short.
  Input Change(Input input) {
    for (size_t i = Below(4) + 1; i > 0 && !input.empty(); --i) {
      const auto at =
          input.begin() + static_cast<std::ptrdiff_t>(Below(input.size()));
      switch (Below(8)) {
        case 0:
          input.erase(at);
          break;
        case 1:
          input.insert(at, Byte());
          break;
        case 2:
          input.erase(at, input.end());
          break;
        default:
          *at = Byte();
      }
    }
    return input;
  }

 private:
  size_t Below(size_t limit) { return generator_() % limit; }

  // Half of them among those that protocols are made of.
  uint8_t Byte() {
    constexpr char kLikely[] = "\r\n*$:+-0123456789{}";
    return Below(2) == 0
               ? static_cast<uint8_t>(kLikely[Below(sizeof(kLikely) - 1)])
               : static_cast<uint8_t>(Below(256));
  }

  std::mt19937 generator_;  // Its default seed is fixed by the standard.
};

}  // namespace

int main(int argc, char** argv) {
  Mutator mutator;
  for (int i = 1; i < argc; ++i) {
    for (const Input& seed : ReadFolder(argv[i])) {
      Run(seed);
      for (int n = 0; n < kChangesPerSeed; ++n) Run(mutator.Change(seed));
    }
  }
  for (int n = 0; n < kRandomInputs; ++n) Run(mutator.Random());
  std::puts("No input broke it.");
  return 0;
}
