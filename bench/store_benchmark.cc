// SPDX-License-Identifier: Apache-2.0
// The map ring: what a change of topology costs when many watch it, and what
// requests pay for a snapshot.
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "absl/time/time.h"
#include "service/commands/command_catalog.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/topology_store.h"

namespace slotplanner {
namespace {

class Idler final : public TopologyWatcher {
 public:
  void OnTopology(std::shared_ptr<const ClusterSnapshot> snapshot) override {
    benchmark::DoNotOptimize(snapshot);
  }
};

std::shared_ptr<const ClusterSnapshot> SnapshotOf(int shard_count) {
  return std::make_shared<const ClusterSnapshot>(
      ClusterSnapshot{.topology = std::make_shared<const ClusterTopology>(
                          MakeEvenTopology(shard_count)),
                      .catalog = CommandCatalog::Redis70(),
                      .confirm_time = absl::UnixEpoch()});
}

// A change that so many watchers hear of.
void BM_PublishChange(benchmark::State& state) {
  TopologyStore store;
  std::vector<Idler> watchers(static_cast<size_t>(state.range(0)));
  for (Idler& watcher : watchers) store.Watch(&watcher);
  const auto one = SnapshotOf(1);
  const auto other = SnapshotOf(2);
  for (auto unused : state) {
    store.Publish(one);
    store.Publish(other);
  }
  state.SetItemsProcessed(state.iterations() * 2);
  for (Idler& watcher : watchers) store.Unwatch(&watcher);
}
BENCHMARK(BM_PublishChange)->RangeMultiplier(10)->Range(1, 10'000);

// One watcher that comes and goes among so many others.
void BM_WatchAndUnwatch(benchmark::State& state) {
  TopologyStore store;
  store.Publish(SnapshotOf(1));
  std::vector<Idler> watchers(static_cast<size_t>(state.range(0)));
  for (Idler& watcher : watchers) store.Watch(&watcher);
  Idler guest;
  for (auto unused : state) {
    store.Watch(&guest);
    store.Unwatch(&guest);
  }
  for (Idler& watcher : watchers) store.Unwatch(&watcher);
}
BENCHMARK(BM_WatchAndUnwatch)->RangeMultiplier(100)->Range(1, 10'000);

void BM_Current(benchmark::State& state) {
  TopologyStore store;
  store.Publish(SnapshotOf(3));
  for (auto unused : state) benchmark::DoNotOptimize(store.Current());
}
BENCHMARK(BM_Current);

}  // namespace
}  // namespace slotplanner
