// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/differential/failovers.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "slotplanner/v1/topology_service.pb.h"

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "tests/e2e/differential/redis_session.h"
#include "tests/e2e/differential/replication.h"

namespace slotplanner::differential {
namespace {

constexpr std::chrono::seconds kInterval{1};
constexpr absl::Duration kTimeout = absl::Minutes(1);
constexpr absl::Duration kPollInterval = absl::Milliseconds(10);

// Longer than a node pursues one CLUSTER FAILOVER.
constexpr absl::Duration kPatience = absl::Seconds(6);

// Asks a replica to take over, again when that has come to nothing.
absl::Status TakeOver(const v1::Node& replica) {
  auto session = RedisSession::Connect(EndpointOf(replica));
  if (!session.ok()) return session.status();
  const absl::Time deadline = absl::Now() + kTimeout;
  absl::Time next_try = absl::InfinitePast();
  while (absl::Now() < deadline) {
    const auto role = session->Call({"ROLE"});
    if (!role.ok()) return role.status();
    if (role->elements[0].text == "master") return absl::OkStatus();
    if (absl::Now() >= next_try) {
      next_try = absl::Now() + kPatience;
      const auto reply = session->Call({"CLUSTER", "FAILOVER"});
      if (!reply.ok()) return reply.status();
    }
    absl::SleepFor(kPollInterval);
  }
  return absl::DeadlineExceededError("CLUSTER FAILOVER comes to nothing.");
}

bool IsPrimary(absl::string_view line) {
  return absl::StrContains(line, "master");
}

// Whether one node knows that this replica is a primary now, and the primary
// none any more.
absl::StatusOr<bool> Knows(const v1::Node& node, const std::string& replica_id,
                           int shard_count) {
  auto session = RedisSession::Connect(EndpointOf(node));
  if (!session.ok()) return session.status();
  const auto reply = session->Call({"CLUSTER", "NODES"});
  if (!reply.ok()) return reply.status();
  const std::vector<std::string> lines = absl::StrSplit(reply->text, '\n');
  return std::count_if(lines.begin(), lines.end(), IsPrimary) == shard_count &&
         std::any_of(lines.begin(), lines.end(), [&](const auto& line) {
           return absl::StartsWith(line, replica_id) && IsPrimary(line);
         });
}

absl::StatusOr<bool> AllKnow(const v1::Topology& topology,
                             const std::string& replica_id) {
  for (const v1::Shard& shard : topology.shards()) {
    std::vector<v1::Node> nodes = {shard.replicas().begin(),
                                   shard.replicas().end()};
    nodes.push_back(shard.primary());
    for (const v1::Node& node : nodes) {
      auto knows = Knows(node, replica_id, topology.shards_size());
      if (!knows.ok() || !*knows) return knows;
    }
  }
  return true;
}

// Whether the planner does.
absl::StatusOr<bool> PlannerKnows(const SlotPlannerClient& planner,
                                  const std::string& replica_id,
                                  int shard_count) {
  const auto response = planner.GetTopology({});
  if (!response.ok()) return response.status();
  const auto& shards = response->topology().shards();
  return shards.size() == shard_count &&
         std::any_of(shards.begin(), shards.end(), [&](const auto& shard) {
           return shard.primary().node_id() == replica_id;
         });
}

// Waits until all nodes of `topology`, and then the planner, know that a
// replica has taken over.
absl::Status WaitForAll(const SlotPlannerClient& planner,
                        const v1::Topology& topology,
                        const std::string& replica_id) {
  const absl::Time deadline = absl::Now() + kTimeout;
  while (absl::Now() < deadline) {
    auto know = AllKnow(topology, replica_id);
    if (know.ok() && *know) {
      know = PlannerKnows(planner, replica_id, topology.shards_size());
    }
    if (!know.ok()) return know.status();
    if (*know) return absl::OkStatus();
    absl::SleepFor(kPollInterval);
  }
  return absl::DeadlineExceededError("Not all hear of a failover.");
}

}  // namespace

Failovers::Failovers(const SlotPlannerClient& planner)
    : planner_(planner),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

size_t Failovers::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

bool Failovers::WasUnderWaySince(absl::Time begin) const {
  const std::lock_guard lock(mutex_);
  return is_under_way_ || last_end_ >= begin;
}

absl::Status Failovers::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Failovers::Stop() {
  thread_.request_stop();
  thread_.join();
}

void Failovers::Run(const std::stop_token& stop) {
  for (size_t turn = 0;; ++turn) {
    {
      std::unique_lock lock(mutex_);
      stopped_.wait_for(lock, stop, kInterval, [] { return false; });
      if (stop.stop_requested()) return;
    }
    const std::lock_guard under_way(under_way_);
    {
      const std::lock_guard lock(mutex_);
      is_under_way_ = true;
    }
    absl::Status status = FailOver(turn);
    const std::lock_guard lock(mutex_);
    is_under_way_ = false;
    last_end_ = absl::Now();
    status_ = std::move(status);
    if (!status_.ok()) return;
    ++count_;
  }
}

absl::Status Failovers::FailOver(size_t turn) {
  const auto topology = WaitForReplicas(planner_);
  if (!topology.ok()) return topology.status();
  const v1::Shard& shard =
      topology->shards(static_cast<int>(turn) % topology->shards_size());
  if (shard.replicas().empty()) {
    return absl::FailedPreconditionError("A shard has no replica.");
  }
  const v1::Node& replica = shard.replicas(0);
  absl::Status status = TakeOver(replica);
  if (status.ok()) status = WaitForAll(planner_, *topology, replica.node_id());
  if (!status.ok()) return status;
  return WaitForReplicas(planner_).status();
}

}  // namespace slotplanner::differential
