// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/cpp/slot_planner_client.h"

namespace slotplanner::differential {

// Has replicas of the planner's default cluster take over from their primaries
// by CLUSTER FAILOVER, which loses nothing: one shard after the other, a second
// apart, from construction until `Stop`. Thread-safe.
class Failovers {
 public:
  // `planner` must outlive this.
  explicit Failovers(const SlotPlannerClient& planner);

  // How many are over: all nodes concerned have their new roles, the planner
  // knows, and the replica is in sync.
  size_t count() const;

  // Whether one was under way at any time from `begin` until now.
  bool WasUnderWaySince(absl::Time begin) const;

  // Why there are no more; OK while they go on.
  absl::Status status() const;

  // While one exists no failover is under way.
  using Pause = std::unique_lock<std::mutex>;
  Pause WaitForPause() { return Pause(under_way_); }

  // Ends them, the last one after it is over. Not to be called twice.
  void Stop();

 private:
  void Run(const std::stop_token& stop);
  absl::Status FailOver(size_t turn);

  const SlotPlannerClient& planner_;
  std::mutex under_way_;  // Held while one is.
  mutable std::mutex mutex_;
  std::condition_variable_any stopped_;
  // Guarded by mutex_.
  size_t count_ = 0;
  bool is_under_way_ = false;
  absl::Time last_end_ = absl::InfinitePast();
  absl::Status status_;

  std::jthread thread_;  // Last, so that it ends before what it uses.
};

}  // namespace slotplanner::differential
