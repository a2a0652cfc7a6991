// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <stop_token>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/topology/topology_source.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

// Hears what a refresher does. Called on the refresher's thread, one call at a
// time; must return soon.
class RefreshObserver {
 public:
  virtual ~RefreshObserver() = default;

  // The cluster answered within `duration`. `changed`: the topology differs
  // from the one published before, or is the first.
  virtual void OnRefreshSucceeded(const ClusterSnapshot& snapshot, bool changed,
                                  absl::Duration duration) = 0;

  // The cluster did not answer. The last snapshot keeps serving.
  virtual void OnRefreshFailed(const absl::Status& status,
                               absl::Duration duration) = 0;
};

// Keeps one cluster's store fresh from a thread of its own, which the
// destructor stops; a read under way is waited for. Thread-safe.
class TopologyRefresher {
 public:
  struct Options {
    absl::Duration interval = absl::Seconds(10);  // After a success.
    absl::Duration timeout = absl::Seconds(5);    // Of one read.
    // After the n-th failure in a row: min_backoff * 2^(n-1), at most
    // max_backoff, and never longer than `interval`.
    absl::Duration min_backoff = absl::Milliseconds(100);
    absl::Duration max_backoff = absl::Seconds(5);
  };

  // Starts at once with a first read. `store` and `observer` outlive this.
  // Snapshots are published before the observer hears of them.
  TopologyRefresher(std::unique_ptr<TopologySource> source,
                    TopologyStore* store, RefreshObserver* observer,
                    const Options& options);

 private:
  void Run(const std::stop_token& stop);
  // Whether the cluster answered.
  bool Refresh();

  const std::unique_ptr<TopologySource> source_;
  TopologyStore* const store_;
  RefreshObserver* const observer_;
  const Options options_;
  std::jthread thread_;  // Last: stops before the fields that it uses.
};

// How long to wait after a success (`failures` is 0) or after the
// `failures`-th failure in a row. `random` in [0, 1) moves the result within
// 10 % of what `Options` say, so that the servers of a fleet spread out.
absl::Duration DelayUntilNextRefresh(const TopologyRefresher::Options& options,
                                     int failures, double random);

}  // namespace slotplanner
