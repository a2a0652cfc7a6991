// SPDX-License-Identifier: Apache-2.0
#include "service/topology/cluster_topology.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "service/base/fingerprint.h"
#include "service/slots/hash_slot.h"

namespace slotplanner {
namespace {

constexpr int kMaxShards = std::numeric_limits<int16_t>::max();
constexpr int16_t kUnassigned = -1;

using ShardIndexes = std::array<int16_t, kHashSlotCount>;

void JoinAdjacentRanges(std::vector<SlotRange>& ranges) {
  std::sort(ranges.begin(), ranges.end());
  std::vector<SlotRange> joined;
  for (const SlotRange& range : ranges) {
    if (!joined.empty() &&
        joined.back().last.value() + 1 == range.first.value()) {
      joined.back().last = range.last;
    } else {
      joined.push_back(range);
    }
  }
  ranges = std::move(joined);
}

// Requires: shards as they come, each with its ranges in order.
void SortCanonically(std::vector<Shard>& shards) {
  const auto lowest_slot = [](const Shard& shard) {
    return shard.slot_ranges.empty() ? kHashSlotCount
                                     : shard.slot_ranges[0].first.value();
  };
  std::sort(shards.begin(), shards.end(), [&](const Shard& a, const Shard& b) {
    return std::make_tuple(lowest_slot(a),
                           std::string_view(a.primary.node_id)) <
           std::make_tuple(lowest_slot(b), std::string_view(b.primary.node_id));
  });
}

// The table of slots; INVALID_ARGUMENT when a slot is claimed twice.
absl::StatusOr<ShardIndexes> IndexSlots(const std::vector<Shard>& shards) {
  ShardIndexes indexes;
  indexes.fill(kUnassigned);
  for (size_t i = 0; i < shards.size(); ++i) {
    for (const SlotRange& range : shards[i].slot_ranges) {
      for (int slot = range.first.value(); slot <= range.last.value(); ++slot) {
        int16_t& index = indexes[static_cast<size_t>(slot)];
        if (index != kUnassigned) {
          return absl::InvalidArgumentError(
              absl::StrCat("Slot ", slot, " is claimed twice."));
        }
        index = static_cast<int16_t>(i);
      }
    }
  }
  return indexes;
}

absl::Status CheckNodeIdsAreUnique(const std::vector<Shard>& shards) {
  std::set<std::string_view> seen;
  const auto is_new = [&](const Node& node) {
    return seen.insert(node.node_id).second;
  };
  for (const Shard& shard : shards) {
    if (!is_new(shard.primary) ||
        !std::all_of(shard.replicas.begin(), shard.replicas.end(), is_new)) {
      return absl::InvalidArgumentError("A node ID stands twice.");
    }
  }
  return absl::OkStatus();
}

// Numbers end with a comma and strings follow their length, so that no two
// different topologies read the same.
void AppendNumber(size_t number, std::string& out) {
  absl::StrAppend(&out, number, ",");
}

void AppendText(const std::string& text, std::string& out) {
  absl::StrAppend(&out, text.size(), ",", text);
}

void AppendNode(const Node& node, std::string& out) {
  AppendText(node.node_id, out);
  AppendText(node.host, out);
  AppendNumber(static_cast<size_t>(node.port), out);
  AppendText(node.zone, out);
}

std::string Serialize(const std::vector<Shard>& shards) {
  std::string out;
  AppendNumber(shards.size(), out);
  for (const Shard& shard : shards) {
    AppendNumber(shard.slot_ranges.size(), out);
    for (const SlotRange& range : shard.slot_ranges) {
      AppendNumber(static_cast<size_t>(range.first.value()), out);
      AppendNumber(static_cast<size_t>(range.last.value()), out);
    }
    AppendNode(shard.primary, out);
    AppendNumber(shard.replicas.size(), out);
    for (const Node& replica : shard.replicas) AppendNode(replica, out);
  }
  return out;
}

}  // namespace

absl::StatusOr<ClusterTopology> ClusterTopology::Make(
    std::vector<Shard> shards) {
  if (shards.size() > kMaxShards) {
    return absl::InvalidArgumentError(
        absl::StrCat("The cluster has ", shards.size(),
                     " shards; the limit is ", kMaxShards, "."));
  }
  if (absl::Status status = CheckNodeIdsAreUnique(shards); !status.ok()) {
    return status;
  }
  for (Shard& shard : shards) {
    JoinAdjacentRanges(shard.slot_ranges);
    std::sort(
        shard.replicas.begin(), shard.replicas.end(),
        [](const Node& a, const Node& b) { return a.node_id < b.node_id; });
  }
  SortCanonically(shards);
  absl::StatusOr<ShardIndexes> indexes = IndexSlots(shards);
  if (!indexes.ok()) return indexes.status();
  return ClusterTopology(std::move(shards), *indexes);
}

ClusterTopology::ClusterTopology(
    std::vector<Shard> shards,
    const std::array<int16_t, kHashSlotCount>& shard_index_of_slot)
    : shards_(std::move(shards)),
      shard_index_of_slot_(shard_index_of_slot),
      unassigned_slot_count_(
          static_cast<int>(std::count(shard_index_of_slot.begin(),
                                      shard_index_of_slot.end(), kUnassigned))),
      version_(Fingerprint(Serialize(shards_))) {}

ClusterTopology MakeEvenTopology(int shard_count) {
  assert(1 <= shard_count && shard_count <= 1000);
  // round(i * 16384 / shard_count) in whole numbers, halves upwards.
  const auto first_slot = [&](int i) {
    return (2 * i * kHashSlotCount + shard_count) / (2 * shard_count);
  };
  std::vector<Shard> shards;
  for (int i = 0; i < shard_count; ++i) {
    const HashSlot first = *HashSlot::FromNumber(first_slot(i));
    const HashSlot last = *HashSlot::FromNumber(first_slot(i + 1) - 1);
    const std::string node_id =
        absl::StrCat(std::string(32, '0'), absl::Hex(i + 1, absl::kZeroPad8));
    shards.push_back({.slot_ranges = {{first, last}},
                      .primary = {.node_id = node_id,
                                  .host = "127.0.0.1",
                                  .port = 7000 + i,
                                  .zone = ""},
                      .replicas = {}});
  }
  return *ClusterTopology::Make(std::move(shards));
}

}  // namespace slotplanner
