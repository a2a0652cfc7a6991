// SPDX-License-Identifier: Apache-2.0
// The advice ring: counting commands. Beside each kind of workload what it
// costs to plan the same commands one by one, which is a part of it.
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "service/advice/workload_counts.h"
#include "service/planning/plan_batch.h"

namespace slotplanner {
namespace {

constexpr int64_t kCommandsAMessage = 1000;

ClusterSnapshot Cluster() {
  return {
      .topology = std::make_shared<const ClusterTopology>(MakeEvenTopology(6)),
      .catalog = CommandCatalog::Redis70(),
      .confirm_time = absl::UnixEpoch()};
}

// Commands and the words that they view.
class Workload {
 public:
  void Add(std::vector<std::string> words) {
    words_.push_back(
        std::make_unique<std::vector<std::string>>(std::move(words)));
    views_.push_back(std::make_unique<std::vector<std::string_view>>(
        words_.back()->begin(), words_.back()->end()));
    commands_.emplace_back(*views_.back());
  }

  std::span<const CommandArgs> commands() const { return commands_; }

 private:
  std::vector<std::unique_ptr<std::vector<std::string>>> words_;
  std::vector<std::unique_ptr<std::vector<std::string_view>>> views_;
  std::vector<CommandArgs> commands_;
};

using Random = std::mt19937_64;

std::string Id(Random& random) { return std::to_string(random() % 10'000'000); }

Workload Gets() {
  Random random(1);
  Workload workload;
  for (int64_t i = 0; i < kCommandsAMessage; ++i) {
    workload.Add({"GET", "user:" + Id(random) + ":profile"});
  }
  return workload;
}

// Ten keys each, of two kinds, in ten slots.
Workload SplitMgets() {
  Random random(1);
  Workload workload;
  for (int64_t i = 0; i < kCommandsAMessage; ++i) {
    std::vector<std::string> words = {"MGET"};
    for (int key = 0; key < 5; ++key) {
      words.push_back("user:" + Id(random) + ":profile");
      words.push_back("user:" + Id(random) + ":orders");
    }
    workload.Add(std::move(words));
  }
  return workload;
}

Workload Transactions() {
  Random random(1);
  Workload workload;
  for (int64_t i = 0; i < kCommandsAMessage; i += 4) {
    const std::string user = "{user:" + Id(random) + "}";
    workload.Add({"MULTI"});
    workload.Add({"INCR", user + ":visits"});
    workload.Add({"SET", user + ":last", "value"});
    workload.Add({"EXEC"});
  }
  return workload;
}

// Every one another use, so that the sketch is at work all the time.
Workload DifferentUses() {
  Random random(1);
  Workload workload;
  for (int64_t i = 0; i < 100 * kCommandsAMessage; ++i) {
    std::string words[2];
    for (std::string& word : words) {
      for (int c = 0; c < 12; ++c) {
        word += static_cast<char>('g' + random() % 16);
      }
    }
    workload.Add({"MGET", words[0], words[1]});
  }
  return workload;
}

void Count(benchmark::State& state, Workload (*make)()) {
  const ClusterSnapshot cluster = Cluster();
  const Workload workload = make();
  WorkloadCounts counts;
  for (auto _ : state) counts.Add(cluster, workload.commands());
  state.SetItemsProcessed(state.iterations() *
                          static_cast<int64_t>(workload.commands().size()));
}
BENCHMARK_CAPTURE(Count, Gets, Gets);
BENCHMARK_CAPTURE(Count, SplitMgets, SplitMgets);
BENCHMARK_CAPTURE(Count, Transactions, Transactions);
BENCHMARK_CAPTURE(Count, DifferentUses, DifferentUses);

void PlanOneByOne(benchmark::State& state, Workload (*make)()) {
  const ClusterSnapshot cluster = Cluster();
  const Workload workload = make();
  for (auto _ : state) {
    for (size_t i = 0; i < workload.commands().size(); ++i) {
      benchmark::DoNotOptimize(
          PlanBatch(cluster, {.commands = workload.commands().subspan(i, 1)}));
    }
  }
  state.SetItemsProcessed(state.iterations() *
                          static_cast<int64_t>(workload.commands().size()));
}
BENCHMARK_CAPTURE(PlanOneByOne, Gets, Gets);
BENCHMARK_CAPTURE(PlanOneByOne, SplitMgets, SplitMgets);
BENCHMARK_CAPTURE(PlanOneByOne, DifferentUses, DifferentUses);

}  // namespace
}  // namespace slotplanner
