// SPDX-License-Identifier: Apache-2.0
#include "service/answers/what_if.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "service/base/strings.h"
#include "service/commands/command_catalog.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/pasted_topology.h"
#include "service/topology/rebalanced_topology.h"

namespace slotplanner {
namespace {

// As many as the static topologies of the server may have.
constexpr int kMaxShards = 1000;

HypotheticalSnapshot Refuse(ApiError error) {
  return {.snapshot = nullptr, .error = std::move(error)};
}

HypotheticalSnapshot Take(ClusterTopology topology,
                          const ClusterSnapshot* current) {
  auto snapshot = std::make_shared<ClusterSnapshot>();
  snapshot->topology =
      std::make_shared<const ClusterTopology>(std::move(topology));
  snapshot->catalog =
      current == nullptr ? CommandCatalog::Redis70() : current->catalog;
  snapshot->hides_commands = current == nullptr || current->hides_commands;
  snapshot->is_hypothetical = true;
  return {.snapshot = std::move(snapshot), .error = std::nullopt};
}

}  // namespace

HypotheticalSnapshot MakeHypotheticalSnapshot(
    const v1::HypotheticalTopology& message, std::string_view field,
    const ClusterSnapshot* current) {
  const auto path = [field](std::string_view name) {
    return absl::StrCat(ToAbsl(field), ".", ToAbsl(name));
  };
  switch (message.source_case()) {
    case v1::HypotheticalTopology::kEvenShards: {
      const int32_t count = message.even_shards();
      if (count < 1 || count > kMaxShards) {
        return Refuse(
            OutOfRangeError(path("even_shards"), count, 1, kMaxShards));
      }
      return Take(
          RebalancedTopology(
              current == nullptr ? nullptr : current->topology.get(), count),
          current);
    }
    case v1::HypotheticalTopology::kClusterReply: {
      const std::string name = path("cluster_reply");
      const std::string& reply = message.cluster_reply();
      if (reply.size() > kMaxPastedTopologyBytes) {
        return Refuse(TooManyError(name, "bytes",
                                   static_cast<int64_t>(reply.size()),
                                   kMaxPastedTopologyBytes));
      }
      absl::StatusOr<ClusterTopology> topology = ParsePastedTopology(reply);
      if (!topology.ok()) {
        return Refuse(
            MalformedTopologyError(name, ToStd(topology.status().message())));
      }
      return Take(*std::move(topology), current);
    }
    case v1::HypotheticalTopology::SOURCE_NOT_SET:
      break;
  }
  return Refuse(EmptyRequestError(field));
}

}  // namespace slotplanner
