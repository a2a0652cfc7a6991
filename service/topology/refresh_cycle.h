// SPDX-License-Identifier: Apache-2.0
// The steps of a refresh, without the thread and the waiting.
#pragma once

#include <memory>
#include <random>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/topology/topology_source.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

// What a refresh that succeeded brought.
struct RefreshReport {
  // As published; never null.
  std::shared_ptr<const ClusterSnapshot> snapshot;
  // The topology differs from the one published before, or is the first.
  bool has_new_topology = false;
  // As in `ClusterReading`.
  absl::Status access_status = absl::OkStatus();
  std::vector<NodeProblem> problems = {};
  // How long the cluster took to answer.
  absl::Duration duration = absl::ZeroDuration();
};

// Hears what a refresher does. Called on the refresher's thread, one call at a
// time; must return soon.
class RefreshObserver {
 public:
  virtual ~RefreshObserver() = default;

  // The cluster answered.
  virtual void OnRefreshSucceeded(const RefreshReport& report) = 0;

  // The cluster did not answer, and gave up on after `duration`. The last
  // snapshot keeps serving.
  virtual void OnRefreshFailed(const absl::Status& status,
                               absl::Duration duration) = 0;
};

// When to look at a cluster. All durations are positive.
struct RefreshOptions {
  // After a success.
  absl::Duration interval = absl::Seconds(10);
  // Of one read.
  absl::Duration timeout = absl::Seconds(5);
  // Between the beginnings of two refreshes that were asked for: however many
  // ask, they cost one refresh in this time.
  absl::Duration min_interval = absl::Milliseconds(200);
  // After the n-th refresh in a row that failed or was not settled:
  // min_backoff * 2^(n-1), at most max_backoff when it failed, at most
  // max_unsettled_interval when it was not settled, and never longer than
  // `interval`. A failover shows as nodes that disagree, so the latter bounds
  // how late its end is seen: with half a second, and a read that waits 200 ms
  // for the node that is gone, within a second.
  absl::Duration min_backoff = absl::Milliseconds(100);
  absl::Duration max_backoff = absl::Seconds(5);
  absl::Duration max_unsettled_interval = absl::Milliseconds(500);
};

// How long to wait behind the end of a refresh.
struct RefreshPause {
  absl::Duration at_least;  // When somebody asks for the next one.
  absl::Duration at_most;   // When nobody does; not below `at_least`.
};

// Looks at one cluster, again and again: reads, publishes, tells. Knows no
// thread and no clock but the one it is told, so that a day takes seconds in a
// test. Not thread-safe.
class RefreshCycle {
 public:
  // All outlive this. `seed` is for the jitter.
  RefreshCycle(TopologySource* source, TopologyStore* store,
               RefreshObserver* observer, const RefreshOptions& options,
               std::minstd_rand::result_type seed);

  // One refresh that begins at `now`. Blocks while the source reads: the
  // deadline of that, and durations, are by the real clock, everything else by
  // `now`. The snapshot is published before the observer hears of it.
  RefreshPause Run(absl::Time now);

 private:
  TopologySource* const source_;
  TopologyStore* const store_;
  RefreshObserver* const observer_;
  const RefreshOptions options_;
  std::minstd_rand generator_;
  int troubles_ = 0;  // Refreshes in a row that failed or were not settled.
};

// How a refresh went.
enum class RefreshOutcome { kSettled, kUnsettled, kFailed };

// How long to wait for the next refresh if nobody asks for one. `troubles`:
// how many refreshes in a row, the last included, were not kSettled. `random`
// in [0, 1) moves the result within 10 % of what `options` say, so that the
// servers of a fleet spread out.
absl::Duration DelayUntilNextRefresh(const RefreshOptions& options,
                                     RefreshOutcome outcome, int troubles,
                                     double random);

}  // namespace slotplanner
