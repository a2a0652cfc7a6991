// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "slotplanner/v1/slot_planner_service.pb.h"
#include "slotplanner/v1/topology_service.pb.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cpp/backoff.h"
#include "client/cpp/batch_planner.h"
#include "client/cpp/slot_planner_client.h"
#include "service/answers/api_error.h"
#include "service/answers/request_limits.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

class PlanBatchInput;

// What a `LocalPlanner` plans for, and how.
struct LocalPlannerOptions {
  // Name of the cluster. Empty means the server's default cluster.
  std::string cluster = {};

  // What a request may cost, as the server's settings of the same names say.
  RequestLimits limits = {};

  // How long the server may be out of reach and the last topology still serve.
  absl::Duration max_topology_age = absl::Hours(1);

  // How long to wait before a watch that broke is begun anew.
  BackoffOptions backoff = {.first = absl::Milliseconds(100),
                            .max = absl::Seconds(5)};
};

// Plans in the caller's own process, without a round trip, from the topology
// and the commands that a slotplanner server sends. Answers and errors are
// those of the server, made by the same code; only `confirm_time` may be older:
// it is when the cluster confirmed the topology before the server sent it.
//
// Watches the topology on a thread of its own, which the destructor stops. A
// watch that breaks is begun anew, and meanwhile the last topology serves.
// About 300 KB a cluster. Thread-safe.
class LocalPlanner final : public BatchPlanner {
 public:
  // Begins to watch; waits for nothing.
  explicit LocalPlanner(std::shared_ptr<const SlotPlannerClient> client,
                        LocalPlannerOptions options = {});
  ~LocalPlanner() override;

  // Waits for the first topology. DEADLINE_EXCEEDED, with the reason why there
  // is none yet, at `deadline`.
  absl::Status WaitUntilReady(absl::Time deadline) const;

  // Requests name no cluster, or the one of the options. TOPOLOGY_NOT_READY
  // before the first topology, TOPOLOGY_STALE when the server has been out of
  // reach for too long.
  absl::StatusOr<v1::KeyslotResponse> Keyslot(
      const v1::KeyslotRequest& request) const;
  absl::StatusOr<v1::GroupKeysResponse> GroupKeys(
      const v1::GroupKeysRequest& request) const;

  // Never blocks, unless `outdated_topology_version` names the topology that
  // this has: then the server is called, which asks the cluster first. With
  // `what_if`, it answers before the first topology too, as servers do.
  absl::StatusOr<v1::PlanBatchResponse> PlanBatch(
      const v1::PlanBatchRequest& request, absl::Time deadline) const override;

  // Calls the server; what that brings to light comes back by the watch.
  absl::StatusOr<v1::ReportRedirectionResponse> ReportRedirection(
      const v1::ReportRedirectionRequest& request,
      absl::Time deadline) const override;

 private:
  struct Serving {
    std::shared_ptr<const ClusterSnapshot> snapshot;  // Null with an error.
    std::optional<ApiError> error;
  };

  void Watch(const std::stop_token& stop);
  absl::Status TakeTopology(const v1::Topology& topology);
  bool IsOurs(const std::string& cluster) const;
  Serving CurrentSnapshot() const;
  absl::StatusOr<v1::PlanBatchResponse> PlanOnHypothetical(
      const v1::PlanBatchRequest& request, const PlanBatchInput& input) const;

  const std::shared_ptr<const SlotPlannerClient> client_;
  const LocalPlannerOptions options_;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  // Guarded by mutex_, as all below. Null before the first.
  std::shared_ptr<const ClusterSnapshot> snapshot_;
  // Since when the server has been out of reach.
  absl::Time broken_since_ = absl::InfiniteFuture();
  absl::Status last_error_;
  std::jthread thread_;  // Last: uses all the rest.
};

}  // namespace slotplanner
