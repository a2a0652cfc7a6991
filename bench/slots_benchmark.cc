// SPDX-License-Identifier: Apache-2.0
// The arithmetic ring: CRC-16 and hash slots against what C clients do, and
// groups. Give it --benchmark_enable_random_interleaving and
// --benchmark_repetitions=9 for ratios of medians within one run.
#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include "service/slots/crc16_implementations.h"
#include "service/slots/crc16_polynomial.h"
#include "service/slots/hash_slot.h"
#include "service/slots/key_groups.h"

namespace slotplanner {
namespace {

// One table, one byte at a time, as in Redis's crc16.c.
uint16_t ByteTableCrc16(std::string_view bytes) {
  static constexpr auto kTable = [] {
    std::array<uint16_t, 256> table = {};
    for (size_t byte = 0; byte < table.size(); ++byte) {
      uint64_t crc = byte << 8;
      for (int bit = 0; bit < 8; ++bit) crc = TimesXModP(crc);
      table[byte] = static_cast<uint16_t>(crc);
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

// The hash slot as hiredis-based clients compute it.
int ByteTableSlot(std::string_view key) {
  const void* open = std::memchr(key.data(), '{', key.size());
  if (open != nullptr) {
    const auto tag =
        static_cast<size_t>(static_cast<const char*>(open) - key.data()) + 1;
    const void* close = std::memchr(key.data() + tag, '}', key.size() - tag);
    if (close != nullptr) {
      const auto size = static_cast<size_t>(static_cast<const char*>(close) -
                                            (key.data() + tag));
      if (size > 0) key = key.substr(tag, size);
    }
  }
  return ByteTableCrc16(key) & 0x3fff;
}

// Keys of random sizes, one behind the other as in a request. So many that no
// branch predictor remembers their sizes; they stay in the second-level cache.
class Keys {
 public:
  Keys(size_t min_size, size_t max_size) {
    std::mt19937_64 random(1);
    std::vector<size_t> sizes(max_size > 64 ? 256 : 16'384);
    for (size_t& size : sizes) {
      size = min_size + random() % (max_size - min_size + 1);
      for (size_t i = 0; i < size; ++i) {
        bytes_.push_back(static_cast<char>('a' + random() % 26));
      }
    }
    size_t begin = 0;
    for (const size_t size : sizes) {
      views_.push_back(std::string_view(bytes_).substr(begin, size));
      begin += size;
    }
  }

  template <typename Function>
  void Run(benchmark::State& state, Function function) const {
    for (auto unused : state) {
      int sum = 0;
      for (const std::string_view key : views_) sum += function(key);
      benchmark::DoNotOptimize(sum);
    }
    const auto keys = state.iterations() * static_cast<int64_t>(views_.size());
    state.counters["per_key"] = benchmark::Counter(
        static_cast<double>(keys),
        benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  }

 private:
  std::string bytes_;
  std::vector<std::string_view> views_;
};

void BM_Crc16(benchmark::State& state, uint16_t (*crc16)(std::string_view)) {
  Keys(static_cast<size_t>(state.range(0)), static_cast<size_t>(state.range(1)))
      .Run(state, crc16);
}

void BM_SlotOfKey(benchmark::State& state) {
  Keys(static_cast<size_t>(state.range(0)), static_cast<size_t>(state.range(1)))
      .Run(state,
           [](std::string_view key) { return HashSlot::OfKey(key).value(); });
}

void BM_ByteTableSlot(benchmark::State& state) {
  Keys(static_cast<size_t>(state.range(0)), static_cast<size_t>(state.range(1)))
      .Run(state, ByteTableSlot);
}

std::vector<HashSlot> RandomSlots(int64_t count) {
  std::mt19937_64 random(1);
  std::vector<HashSlot> slots;
  for (int64_t i = 0; i < count; ++i) {
    slots.push_back(
        *HashSlot::FromNumber(static_cast<int64_t>(random() % kHashSlotCount)));
  }
  return slots;
}

void BM_GroupKeysBySlot(benchmark::State& state) {
  const auto slots = RandomSlots(state.range(0));
  for (auto unused : state) {
    benchmark::DoNotOptimize(GroupKeysBySlot(slots));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_GroupKeysBySlot)->RangeMultiplier(10)->Range(1, 1'000'000);

void BM_GroupKeysByOwner(benchmark::State& state) {
  const auto slots = RandomSlots(state.range(0));
  constexpr int kOwners = 6;
  for (auto unused : state) {
    benchmark::DoNotOptimize(GroupKeysByOwner(
        slots, kOwners,
        [](HashSlot slot) { return slot.value() * kOwners / kHashSlotCount; }));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_GroupKeysByOwner)->RangeMultiplier(10)->Range(1, 1'000'000);

int RegisterAll() {
  const auto with_sizes = [](benchmark::internal::Benchmark* benchmark) {
    benchmark->ArgNames({"from", "to"})->Args({12, 40})->Args({1024, 1024});
    for (const int size : {12, 16, 20, 24, 32, 40}) {
      benchmark->Args({size, size});
    }
  };
  const auto crc16 = [&](const std::string& name,
                         uint16_t (*function)(std::string_view)) {
    with_sizes(benchmark::RegisterBenchmark(("BM_Crc16/" + name).c_str(),
                                            BM_Crc16, function));
  };
  crc16("byte_table", ByteTableCrc16);
  for (const auto* implementation : SupportedCrc16Implementations()) {
    crc16(implementation->name, implementation->crc16);
  }
  with_sizes(
      benchmark::RegisterBenchmark("BM_ByteTableSlot", BM_ByteTableSlot));
  with_sizes(benchmark::RegisterBenchmark("BM_SlotOfKey", BM_SlotOfKey));
  return 0;
}

[[maybe_unused]] const int kRegistered = RegisterAll();

}  // namespace
}  // namespace slotplanner
