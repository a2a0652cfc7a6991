// SPDX-License-Identifier: Apache-2.0
// The plan ring: batches of many commands of several kinds, and one command of
// many keys. Beside the time: allocations and the most bytes that a plan holds
// at once, both for each command, or each key of an MGET. What hashing the keys
// costs, a part of every figure, stands apart in BM_HashKeys.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <malloc.h>

#include "service/planning/plan_batch.h"

namespace {

// What the heap was asked for while `is_counting`. One thread.
struct HeapUse {
  bool is_counting = false;
  int64_t allocations = 0;
  int64_t bytes = 0;
  int64_t peak_bytes = 0;
};
HeapUse heap_use;

}  // namespace

// Not inlined: GCC 12 would see malloc meet delete, and warn.
[[gnu::noinline]] void* operator new(size_t size) {
  void* const memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  if (heap_use.is_counting) {
    ++heap_use.allocations;
    heap_use.bytes += static_cast<int64_t>(malloc_usable_size(memory));
    heap_use.peak_bytes = std::max(heap_use.peak_bytes, heap_use.bytes);
  }
  return memory;
}

[[gnu::noinline]] void operator delete(void* memory) noexcept {
  if (heap_use.is_counting) {
    heap_use.bytes -= static_cast<int64_t>(malloc_usable_size(memory));
  }
  std::free(memory);
}

[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  ::operator delete(memory);
}

namespace slotplanner {
namespace {

// Shards with two replicas each.
ClusterSnapshot Cluster(int shard_count) {
  std::vector<Shard> shards = MakeEvenTopology(shard_count).shards();
  for (Shard& shard : shards) {
    for (const char first : {'e', 'f'}) {
      shard.replicas.push_back(shard.primary);
      shard.replicas.back().node_id.front() = first;
    }
  }
  return {.topology = std::make_shared<const ClusterTopology>(
              *ClusterTopology::Make(std::move(shards))),
          .catalog = CommandCatalog::Redis70(),
          .confirm_time = absl::UnixEpoch()};
}

// Commands and the bytes that they view, laid out as in a request that is read
// where it lies: the arguments behind one another, each behind its tag and
// size.
class Batch {
 public:
  void Add(const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      bytes_ += "\n_";
      sizes_.push_back(word.size());
      bytes_ += word;
    }
    arg_counts_.push_back(words.size());
  }

  // Valid until the next call.
  std::vector<CommandArgs> Commands() {
    views_.clear();
    size_t offset = 0;
    for (const size_t size : sizes_) {
      offset += 2;
      views_.push_back(std::string_view(bytes_).substr(offset, size));
      offset += size;
    }
    std::vector<CommandArgs> commands;
    std::span<const std::string_view> rest = views_;
    for (const size_t count : arg_counts_) {
      commands.push_back(rest.first(count));
      rest = rest.subspan(count);
    }
    return commands;
  }

 private:
  std::string bytes_;
  std::vector<size_t> sizes_;
  std::vector<size_t> arg_counts_;
  std::vector<std::string_view> views_;
};

// Keys of 20 to 25 bytes.
class Keys {
 public:
  std::string Next() { return "user:" + std::to_string(random_()); }

 private:
  std::mt19937_64 random_{1};
};

Batch Gets(int64_t count) {
  Keys keys;
  Batch batch;
  for (int64_t i = 0; i < count; ++i) batch.Add({"GET", keys.Next()});
  return batch;
}

Batch Sets(int64_t count) {
  Keys keys;
  Batch batch;
  for (int64_t i = 0; i < count; ++i) {
    batch.Add({"SET", keys.Next(), std::string(100, 'v')});
  }
  return batch;
}

Batch Mixed(int64_t count) {
  Keys keys;
  Batch batch;
  for (int64_t i = 0; i < count; ++i) {
    switch (i % 6) {
      case 0:
        batch.Add({"get", keys.Next()});
        break;
      case 1:
        batch.Add({"SET", keys.Next(), "v", "EX", "10"});
        break;
      case 2:
        batch.Add({"HSET", keys.Next(), "f", "v"});
        break;
      case 3:
        batch.Add({"EVALSHA", std::string(40, 'a'), "1", keys.Next(), "x"});
        break;
      case 4: {
        std::vector<std::string> words = {"MGET"};
        for (int key = 0; key < 10; ++key) words.push_back(keys.Next());
        batch.Add(words);
        break;
      }
      default:
        batch.Add({"DEL", keys.Next(), keys.Next(), keys.Next()});
    }
  }
  return batch;
}

Batch Unknown(int64_t count) {
  Batch batch;
  for (int64_t i = 0; i < count; ++i) batch.Add({std::to_string(i), "k"});
  return batch;
}

Batch CrossSlot(int64_t count) {
  Keys keys;
  Batch batch;
  for (int64_t i = 0; i < count; ++i) {
    batch.Add({"RENAME", keys.Next(), keys.Next()});
  }
  return batch;
}

// MULTI, INCR, EXEC and again.
Batch Transactions(int64_t count) {
  Keys keys;
  Batch batch;
  for (int64_t i = 0; i < count; i += 3) {
    batch.Add({"MULTI"});
    if (i + 2 < count) batch.Add({"INCR", keys.Next()});
    if (i + 1 < count) batch.Add({"EXEC"});
  }
  return batch;
}

// One transaction whose commands are in many slots: all are refused.
Batch CrossSlotTransaction(int64_t count) {
  Keys keys;
  Batch batch;
  batch.Add({"MULTI"});
  for (int64_t i = 2; i < count; ++i) batch.Add({"INCR", keys.Next()});
  batch.Add({"EXEC"});
  return batch;
}

Batch Mget(int64_t key_count) {
  Keys keys;
  std::vector<std::string> words = {"MGET"};
  for (int64_t i = 0; i < key_count; ++i) words.push_back(keys.Next());
  Batch batch;
  batch.Add(words);
  return batch;
}

// Counts on the side, so that counting costs no time that is measured.
void CountHeapUse(const ClusterSnapshot& cluster, const BatchRequest& request,
                  benchmark::State& state) {
  heap_use = {.is_counting = true};
  { const BatchPlan plan = PlanBatch(cluster, request); }
  heap_use.is_counting = false;
  const auto items = static_cast<double>(state.range(0));
  state.counters["allocations"] =
      static_cast<double>(heap_use.allocations) / items;
  state.counters["peak_bytes"] =
      static_cast<double>(heap_use.peak_bytes) / items;
}

void BM_Plan(benchmark::State& state, Batch (*make_batch)(int64_t),
             int shard_count, ReadPreference preference) {
  const ClusterSnapshot cluster = Cluster(shard_count);
  Batch batch = make_batch(state.range(0));
  const std::vector<CommandArgs> commands = batch.Commands();
  const BatchRequest request{.commands = commands,
                             .read_preference = preference};
  for (auto unused : state) {
    benchmark::DoNotOptimize(PlanBatch(cluster, request));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  CountHeapUse(cluster, request, state);
}

void BM_HashKeys(benchmark::State& state) {
  Keys keys;
  std::vector<std::string> texts(static_cast<size_t>(state.range(0)));
  for (std::string& text : texts) text = keys.Next();
  std::vector<HashSlot> slots(texts.size(), *HashSlot::FromNumber(0));
  for (auto unused : state) {
    for (size_t i = 0; i < texts.size(); ++i) {
      slots[i] = HashSlot::OfKey(texts[i]);
    }
    benchmark::DoNotOptimize(slots.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_HashKeys)->Arg(1000)->Arg(100'000);

constexpr ReadPreference kPrimary = ReadPreference::kPrimary;
constexpr ReadPreference kReplica = ReadPreference::kReplica;

void Sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->RangeMultiplier(10)->Range(1, 100'000);
}

BENCHMARK_CAPTURE(BM_Plan, gets, Gets, 6, kPrimary)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Plan, gets_500_shards, Gets, 500, kPrimary)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Plan, gets_replicas, Gets, 6, kReplica)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Plan, sets, Sets, 6, kPrimary)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Plan, mixed, Mixed, 6, kPrimary)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Plan, unknown, Unknown, 6, kPrimary)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Plan, cross_slot, CrossSlot, 6, kPrimary)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Plan, transactions, Transactions, 6, kPrimary)
    ->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Plan, cross_slot_transaction, CrossSlotTransaction, 6,
                  kPrimary)
    ->RangeMultiplier(10)
    ->Range(10, 100'000);
BENCHMARK_CAPTURE(BM_Plan, mget, Mget, 6, kPrimary)
    ->RangeMultiplier(10)
    ->Range(1, 1'000'000);
BENCHMARK_CAPTURE(BM_Plan, mget_500_shards, Mget, 500, kPrimary)
    ->RangeMultiplier(10)
    ->Range(1, 1'000'000);

}  // namespace
}  // namespace slotplanner
