// SPDX-License-Identifier: Apache-2.0
// The advice ring: counting keys, beside what hashing them alone costs. Items
// are keys.
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include "service/advice/key_counts.h"
#include "service/advice/shard_spread.h"
#include "service/advice/skew.h"
#include "service/slots/hash_slot.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner {
namespace {

// How many different hash tags the keys have: 0 for none.
enum Tags : int64_t { kNone = 0, kFew = 1000, kMany = 100'000, kAll = -1 };

// Keys one behind the other, as in requests: 2 MiB that caches may hold, as
// those of a message that has just been received.
class Keys {
 public:
  explicit Keys(int64_t tags) {
    constexpr size_t kCount = 1 << 16;
    std::mt19937_64 random(1);
    std::vector<size_t> sizes;
    for (size_t i = 0; i < kCount; ++i) {
      const std::string key = MakeKey(tags, i, random);
      sizes.push_back(key.size());
      bytes_ += key;
    }
    size_t begin = 0;
    for (const size_t size : sizes) {
      views_.push_back(std::string_view(bytes_).substr(begin, size));
      begin += size;
    }
  }

  const std::vector<std::string_view>& views() const { return views_; }

 private:
  static std::string MakeKey(int64_t tags, size_t index,
                             std::mt19937_64& random) {
    if (tags == kNone) {
      return "user:" +
             std::to_string(random() % 900'000'000'000 + 100'000'000'000) +
             ":cart";
    }
    // Of tags that come again, some come more often.
    const double uniform =
        static_cast<double>(random() >> 11) / static_cast<double>(1ull << 53);
    const uint64_t id = tags == kAll ? index
                                     : static_cast<uint64_t>(std::pow(
                                           static_cast<double>(tags), uniform));
    return "{user:" + std::to_string(100'000'000'000 + id) + "}:cart";
  }

  std::string bytes_;
  std::vector<std::string_view> views_;
};

void CountItems(benchmark::State& state, const Keys& keys) {
  state.SetItemsProcessed(state.iterations() *
                          static_cast<int64_t>(keys.views().size()));
}

template <int64_t kTags>
void BM_HashKeys(benchmark::State& state) {
  const Keys keys(kTags);
  for (auto unused : state) {
    int sum = 0;
    for (const std::string_view key : keys.views()) {
      sum += HashSlot::OfKey(key).value();
    }
    benchmark::DoNotOptimize(sum);
  }
  CountItems(state, keys);
}
BENCHMARK(BM_HashKeys<kNone>);
BENCHMARK(BM_HashKeys<kFew>);
BENCHMARK(BM_HashKeys<kMany>);
BENCHMARK(BM_HashKeys<kAll>);

// With 65,536 tags of which none comes again before 61,439 others, none is
// still kept when it comes, so each key is new.
template <int64_t kTags>
void BM_CountKeys(benchmark::State& state) {
  const Keys keys(kTags);
  KeyCounts counts;
  for (auto unused : state) {
    for (const std::string_view key : keys.views()) counts.Add(key);
  }
  CountItems(state, keys);
}
BENCHMARK(BM_CountKeys<kNone>);
BENCHMARK(BM_CountKeys<kFew>);
BENCHMARK(BM_CountKeys<kMany>);
BENCHMARK(BM_CountKeys<kAll>);

template <int64_t kTags>
void BM_CountWeightedKeys(benchmark::State& state) {
  const Keys keys(kTags);
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> weight(5, 1.5);
  std::vector<int64_t> weights;
  for (size_t i = 0; i < keys.views().size(); ++i) {
    weights.push_back(static_cast<int64_t>(weight(random)));
  }
  KeyCounts counts;
  for (auto unused : state) {
    for (size_t i = 0; i < weights.size(); ++i) {
      counts.Add(keys.views()[i], weights[i]);
    }
  }
  CountItems(state, keys);
}
BENCHMARK(BM_CountWeightedKeys<kNone>);
BENCHMARK(BM_CountWeightedKeys<kAll>);

template <int64_t kTags>
void BM_MergeCounts(benchmark::State& state) {
  const Keys keys(kTags);
  KeyCounts counts;
  for (const std::string_view key : keys.views()) counts.Add(key, 2);
  for (auto unused : state) {
    KeyCounts sum = counts;
    sum.Merge(counts);
    benchmark::DoNotOptimize(sum.key_count());
  }
}
BENCHMARK(BM_MergeCounts<kMany>);

void BM_SkewOfSlots(benchmark::State& state) {
  KeyCounts counts;
  const Keys keys(kNone);
  for (const std::string_view key : keys.views()) counts.Add(key);
  for (auto unused : state) {
    benchmark::DoNotOptimize(SkewOf(
        counts.slot_keys(), {}, {.effective_count = counts.EffectiveCount()}));
  }
}
BENCHMARK(BM_SkewOfSlots);

void BM_SpreadOverShards(benchmark::State& state) {
  KeyCounts counts;
  const Keys keys(kNone);
  for (const std::string_view key : keys.views()) counts.Add(key);
  const ClusterTopology topology =
      MakeEvenTopology(static_cast<int>(state.range(0)));
  for (auto unused : state) {
    benchmark::DoNotOptimize(SpreadOver(counts, topology));
  }
}
BENCHMARK(BM_SpreadOverShards)->Arg(6)->Arg(1000);

}  // namespace
}  // namespace slotplanner
