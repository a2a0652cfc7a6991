// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "slotplanner/v1/slot_planner_service.pb.h"
#include "slotplanner/v1/topology_service.pb.h"

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/cpp/key_positions_table.h"

namespace slotplanner {

// Keeps the table of each cluster, from its first use on. Thread-safe.
class KeyPositionsCache {
 public:
  using Clock = std::function<absl::Time()>;

  explicit KeyPositionsCache(Clock clock = absl::Now)
      : clock_(std::move(clock)) {}

  // The table of the request's cluster. `fetch` is called when there is none
  // yet, and when the request has a command that it does not list, which may
  // have been added since: then for one caller at a time, not within a second
  // of the last time, and meanwhile the table is the old one. Fails with the
  // status of `fetch`, after which the next caller fetches anew.
  absl::StatusOr<std::shared_ptr<const KeyPositionsTable>> TableFor(
      const v1::PlanBatchRequest& request,
      absl::FunctionRef<absl::StatusOr<v1::GetKeyPositionsResponse>()> fetch);

 private:
  struct Entry {
    std::shared_ptr<const KeyPositionsTable> table;
    absl::Time fetch_time;
  };

  // The table that will do for the request; null when one must be fetched.
  std::shared_ptr<const KeyPositionsTable> Kept(
      const v1::PlanBatchRequest& request);

  const Clock clock_;
  std::mutex mutex_;
  absl::flat_hash_map<std::string, Entry> entries_;  // Guarded by mutex_.
};

}  // namespace slotplanner
