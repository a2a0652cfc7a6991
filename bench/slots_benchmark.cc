// SPDX-License-Identifier: Apache-2.0
// The arithmetic ring: CRC-16 against the byte table that C clients use, hash
// slots, and groups.
#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "service/slots/crc16.h"
#include "service/slots/hash_slot.h"
#include "service/slots/key_groups.h"

namespace slotplanner {
namespace {

// One table, one byte at a time.
uint16_t ByteTableCrc16(std::string_view bytes) {
  static const auto kTable = [] {
    std::array<uint16_t, 256> table = {};
    for (size_t i = 0; i < 256; ++i) {
      const char byte = static_cast<char>(i);
      table[i] = Crc16(std::string_view(&byte, 1));
    }
    return table;
  }();
  unsigned crc = 0;
  for (const char c : bytes) {
    crc = (crc << 8 & 0xffff) ^
          kTable[(crc >> 8) ^ static_cast<unsigned char>(c)];
  }
  return static_cast<uint16_t>(crc);
}

std::vector<std::string> RandomKeys(size_t count, size_t min_size,
                                    size_t max_size) {
  std::mt19937_64 random(1);
  std::vector<std::string> keys(count);
  for (std::string& key : keys) {
    key.resize(min_size + random() % (max_size - min_size + 1));
    for (char& c : key) c = static_cast<char>('a' + random() % 26);
  }
  return keys;
}

template <uint16_t (*Crc)(std::string_view)>
void BM_Crc16(benchmark::State& state) {
  const auto size = static_cast<size_t>(state.range(0));
  const auto keys = RandomKeys(1024, size, size);
  size_t i = 0;
  for (auto unused : state) {
    benchmark::DoNotOptimize(Crc(keys[i++ % keys.size()]));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Crc16<ByteTableCrc16>)->Arg(12)->Arg(24)->Arg(40)->Arg(1024);
BENCHMARK(BM_Crc16<Crc16>)->Arg(12)->Arg(24)->Arg(40)->Arg(1024);

void BM_HashSlotOfKey(benchmark::State& state) {
  const auto keys = RandomKeys(1024, 12, 40);
  size_t i = 0;
  for (auto unused : state) {
    benchmark::DoNotOptimize(HashSlot::OfKey(keys[i++ % keys.size()]));
  }
}
BENCHMARK(BM_HashSlotOfKey);

void BM_GroupKeysBySlot(benchmark::State& state) {
  std::vector<HashSlot> slots;
  for (const auto& key :
       RandomKeys(static_cast<size_t>(state.range(0)), 12, 40)) {
    slots.push_back(HashSlot::OfKey(key));
  }
  for (auto unused : state) {
    benchmark::DoNotOptimize(GroupKeysBySlot(slots));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_GroupKeysBySlot)->RangeMultiplier(10)->Range(1, 1'000'000);

}  // namespace
}  // namespace slotplanner
