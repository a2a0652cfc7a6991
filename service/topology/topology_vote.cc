// SPDX-License-Identifier: Apache-2.0
#include "service/topology/topology_vote.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "service/slots/hash_slot.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner {
namespace {

// All views of one version.
struct Candidate {
  const ClusterTopology* topology;
  std::vector<const ClusterView*> views;
  const ClusterView* middle = nullptr;  // Null when no view has epochs.
  std::vector<uint64_t> epochs;         // `SortedEpochs` of `middle`.
};

// Of the shards that own slots, the greatest first.
std::vector<uint64_t> SortedEpochs(const ClusterView& view) {
  std::vector<uint64_t> epochs;
  for (size_t i = 0; i < view.shard_epochs.size(); ++i) {
    if (!view.topology->shards()[i].slot_ranges.empty()) {
      epochs.push_back(view.shard_epochs[i]);
    }
  }
  std::sort(epochs.begin(), epochs.end(), std::greater<>());
  return epochs;
}

void FindMiddle(Candidate& candidate) {
  std::vector<std::pair<std::vector<uint64_t>, const ClusterView*>> ordered;
  for (const ClusterView* view : candidate.views) {
    assert(view->shard_epochs.empty() ||
           view->shard_epochs.size() == view->topology->shards().size());
    if (view->shard_epochs.empty()) continue;
    ordered.emplace_back(SortedEpochs(*view), view);
  }
  if (ordered.empty()) return;
  std::sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first, a.second->shard_epochs) <
           std::tie(b.first, b.second->shard_epochs);
  });
  // Of two, the lower: a liar makes epochs up that are high.
  auto& [epochs, middle] = ordered[(ordered.size() - 1) / 2];
  candidate.epochs = std::move(epochs);
  candidate.middle = middle;
}

std::vector<Candidate> GroupByVersion(std::span<const ClusterView> views) {
  std::map<std::string_view, Candidate> by_version;
  for (const ClusterView& view : views) {
    Candidate& candidate = by_version[view.topology->version()];
    candidate.topology = view.topology.get();
    candidate.views.push_back(&view);
  }
  std::vector<Candidate> candidates;
  for (auto& [version, candidate] : by_version) {
    FindMiddle(candidate);
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

// The primaries that own slots.
std::set<std::string_view> OwnersOf(const ClusterTopology& topology) {
  std::set<std::string_view> owners;
  for (const Shard& shard : topology.shards()) {
    if (!shard.slot_ranges.empty()) owners.insert(shard.primary.node_id);
  }
  return owners;
}

std::set<std::string_view> NodeIdsOf(const ClusterTopology& topology) {
  std::set<std::string_view> node_ids;
  for (const Shard& shard : topology.shards()) {
    node_ids.insert(shard.primary.node_id);
    for (const Node& replica : shard.replicas) node_ids.insert(replica.node_id);
  }
  return node_ids;
}

bool HaveNodesInCommon(const ClusterTopology& a, const ClusterTopology& b) {
  const std::set<std::string_view> of_a = NodeIdsOf(a);
  const std::set<std::string_view> of_b = NodeIdsOf(b);
  return std::any_of(of_a.begin(), of_a.end(),
                     [&](std::string_view id) { return of_b.contains(id); });
}

bool IsOwner(const std::string& node_id, HashSlot slot,
             const TopologyChoice& choice) {
  const Shard* owner = choice.topology->ShardOf(slot);
  return owner != nullptr && owner->primary.node_id == node_id;
}

bool HasOlderOwner(const Candidate& candidate, const TopologyChoice& last) {
  if (candidate.middle == nullptr) return false;
  for (int number = 0; number < kHashSlotCount; ++number) {
    const HashSlot slot = *HashSlot::FromNumber(number);
    const int index = candidate.topology->ShardIndexOf(slot);
    if (index < 0) continue;
    const auto shard = static_cast<size_t>(index);
    const Node& owner = candidate.topology->shards()[shard].primary;
    if (IsOwner(owner.node_id, slot, last)) continue;
    if (candidate.middle->shard_epochs[shard] <
        last.slot_epochs[static_cast<size_t>(number)]) {
      return true;
    }
  }
  return false;
}

bool IsOut(const Candidate& candidate, const TopologyChoice& last) {
  if (!HasOlderOwner(candidate, last)) return false;
  if (!HaveNodesInCommon(*candidate.topology, *last.topology)) return false;
  const std::set<std::string_view> owners = OwnersOf(*last.topology);
  const auto saying_so = std::count_if(
      candidate.views.begin(), candidate.views.end(),
      [&](const ClusterView* view) { return owners.contains(view->node_id); });
  return static_cast<size_t>(saying_so) * 2 <= owners.size();
}

// The best of candidates that have equally many views. Requires: at least one.
const Candidate& BreakTie(std::span<const Candidate> equals,
                          const TopologyChoice* last) {
  const bool have_epochs =
      std::all_of(equals.begin(), equals.end(),
                  [](const Candidate& c) { return c.middle != nullptr; });
  const std::vector<uint64_t> none;
  const auto rank = [&](const Candidate& c) {
    const bool is_last =
        last != nullptr && c.topology->version() == last->topology->version();
    return std::make_tuple(std::cref(have_epochs ? c.epochs : none),
                           -c.topology->unassigned_slot_count(), is_last);
  };
  // The first of the greatest: candidates come in the order of versions.
  return *std::max_element(equals.begin(), equals.end(),
                           [&](const Candidate& a, const Candidate& b) {
                             return rank(a) < rank(b);
                           });
}

std::array<uint64_t, kHashSlotCount> SlotEpochs(const Candidate& chosen,
                                                const TopologyChoice* last) {
  std::array<uint64_t, kHashSlotCount> epochs = {};
  for (int number = 0; number < kHashSlotCount; ++number) {
    const HashSlot slot = *HashSlot::FromNumber(number);
    const auto i = static_cast<size_t>(number);
    const Shard* owner = chosen.topology->ShardOf(slot);
    if (owner != nullptr && chosen.middle != nullptr) {
      epochs[i] = chosen.middle->shard_epochs[static_cast<size_t>(
          chosen.topology->ShardIndexOf(slot))];
    }
    if (last == nullptr) continue;
    // The epoch of a node never falls: who says so has heard of less.
    if (owner == nullptr || IsOwner(owner->primary.node_id, slot, *last)) {
      epochs[i] = std::max(epochs[i], last->slot_epochs[i]);
    }
  }
  return epochs;
}

}  // namespace

std::optional<TopologyChoice> ChooseTopology(std::span<const ClusterView> views,
                                             const TopologyChoice* last) {
  std::vector<Candidate> candidates = GroupByVersion(views);
  const bool is_unanimous = candidates.size() == 1;
  if (last != nullptr) {
    std::erase_if(candidates,
                  [&](const Candidate& c) { return IsOut(c, *last); });
  }
  if (candidates.empty()) return std::nullopt;
  size_t most = 0;
  for (const Candidate& c : candidates) most = std::max(most, c.views.size());
  std::erase_if(candidates,
                [&](const Candidate& c) { return c.views.size() < most; });
  const Candidate& chosen = BreakTie(candidates, last);
  return TopologyChoice{.topology = chosen.views.front()->topology,
                        .slot_epochs = SlotEpochs(chosen, last),
                        .agreeing_count = static_cast<int>(most),
                        .is_unanimous = is_unanimous};
}

std::vector<SlotMigration> ChooseMigrations(
    std::vector<ReportedMigration> reported, const ClusterTopology& topology) {
  std::erase_if(reported, [&](const ReportedMigration& r) {
    const Shard* owner = topology.ShardOf(r.migration.slot);
    return owner == nullptr ||
           owner->primary.node_id != r.migration.source_node_id ||
           r.migration.source_node_id == r.migration.target_node_id;
  });
  const auto rank = [](const ReportedMigration& r) {
    return std::make_tuple(r.migration.slot, !r.is_source,
                           std::string_view(r.migration.target_node_id));
  };
  std::sort(reported.begin(), reported.end(),
            [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  std::vector<SlotMigration> migrations;
  for (ReportedMigration& r : reported) {
    if (!migrations.empty() && migrations.back().slot == r.migration.slot) {
      continue;
    }
    migrations.push_back(std::move(r.migration));
  }
  return migrations;
}

}  // namespace slotplanner
