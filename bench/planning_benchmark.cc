// SPDX-License-Identifier: Apache-2.0
// The plan ring: batches of 1,000 commands, and one command of 1,000 keys.
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include "service/planning/plan_batch.h"

namespace slotplanner {
namespace {

ClusterSnapshot SixShards() {
  return {
      .topology = std::make_shared<const ClusterTopology>(MakeEvenTopology(6)),
      .catalog = CommandCatalog::Redis70(),
      .confirm_time = absl::UnixEpoch()};
}

std::vector<std::string> Keys(int64_t count) {
  std::mt19937_64 random(1);
  std::vector<std::string> keys;
  for (int64_t i = 0; i < count; ++i) {
    keys.push_back("user:" + std::to_string(random()));
  }
  return keys;
}

void BM_PlanSingleKeyCommands(benchmark::State& state) {
  const ClusterSnapshot cluster = SixShards();
  const auto keys = Keys(state.range(0));
  std::vector<std::vector<std::string_view>> words;
  for (const std::string& key : keys) words.push_back({"GET", key});
  const std::vector<CommandArgs> commands(words.begin(), words.end());
  for (auto unused : state) {
    benchmark::DoNotOptimize(PlanBatch(cluster, {.commands = commands}));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_PlanSingleKeyCommands)->Arg(1)->Arg(100)->Arg(1000)->Arg(10000);

void BM_PlanMget(benchmark::State& state) {
  const ClusterSnapshot cluster = SixShards();
  const auto keys = Keys(state.range(0));
  std::vector<std::string_view> words = {"MGET"};
  words.insert(words.end(), keys.begin(), keys.end());
  const std::vector<CommandArgs> commands = {words};
  for (auto unused : state) {
    benchmark::DoNotOptimize(PlanBatch(cluster, {.commands = commands}));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_PlanMget)->Arg(1)->Arg(100)->Arg(1000)->Arg(10000);

}  // namespace
}  // namespace slotplanner
