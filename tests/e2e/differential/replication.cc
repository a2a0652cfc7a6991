// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/differential/replication.h"

#include <cstdint>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace slotplanner::differential {
namespace {

constexpr absl::Duration kTimeout = absl::Minutes(1);
constexpr absl::Duration kPollInterval = absl::Milliseconds(1);

absl::StatusOr<RespValue> RoleOf(const v1::Node& node) {
  auto session = RedisSession::Connect(EndpointOf(node));
  if (!session.ok()) return session.status();
  return session->Call({"ROLE"});
}

// How much of the stream of writes a node has, by its reply to ROLE; -1 when
// it is no primary.
int64_t OffsetOfPrimary(const RespValue& role) {
  const bool is_primary =
      role.elements.size() == 3 && role.elements[0].text == "master";
  return is_primary ? role.elements[1].integer : -1;
}

// The same; -1 when it is no replica, or one that has lost its primary.
int64_t OffsetOfReplica(const RespValue& role) {
  const bool is_connected =
      role.elements.size() == 5 && role.elements[3].text == "connected";
  return is_connected ? role.elements[4].integer : -1;
}

absl::StatusOr<bool> HaveReplicas(const v1::Shard& shard, int64_t offset) {
  for (const v1::Node& replica : shard.replicas()) {
    const auto role = RoleOf(replica);
    if (!role.ok()) return role.status();
    if (OffsetOfReplica(*role) < offset) return false;
  }
  return true;
}

absl::StatusOr<bool> IsReplicated(const v1::Topology& topology) {
  for (const v1::Shard& shard : topology.shards()) {
    const auto role = RoleOf(shard.primary());
    if (!role.ok()) return role.status();
    const int64_t offset = OffsetOfPrimary(*role);
    if (offset < 0) return false;
    auto have = HaveReplicas(shard, offset);
    if (!have.ok() || !*have) return have;
  }
  return true;
}

}  // namespace

RespEndpoint EndpointOf(const v1::Node& node) {
  return {.host = node.host(), .port = node.port()};
}

absl::StatusOr<v1::Topology> WaitForReplicas(const SlotPlannerClient& planner) {
  const absl::Time deadline = absl::Now() + kTimeout;
  for (;;) {
    auto response = planner.GetTopology({});
    if (!response.ok()) return response.status();
    const auto is_replicated = IsReplicated(response->topology());
    if (!is_replicated.ok()) return is_replicated.status();
    if (*is_replicated) return std::move(*response->mutable_topology());
    if (absl::Now() >= deadline) {
      return absl::DeadlineExceededError("The replicas do not catch up.");
    }
    absl::SleepFor(kPollInterval);
  }
}

}  // namespace slotplanner::differential
