// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "service/access/callers.h"
#include "service/answers/request_limits.h"
#include "service/rpc/served_cluster.h"

namespace slotplanner {

// What all calls together may cost. Past any limit a call is refused with
// OVERLOADED.
struct CallLimits {
  // Calls begun and not yet answered, watches apart. Each costs about 2 KiB
  // beside its bytes, 20 MB in all.
  int max_concurrent_calls = 10'000;
  // Large calls that wait for a worker thread, and how long one may have to
  // wait. The first bounds what is kept, the second how late an answer comes.
  int max_queued_calls = 1'000;
  absl::Duration max_queue_delay = absl::Milliseconds(500);
  // Bytes of requests and responses of the calls under way.
  int64_t memory_quota_bytes = int64_t{1} << 30;
  // WatchTopology calls at one time, those of all clusters together.
  int max_watchers = 20'000;
  // AnalyzeKeys and AnalyzeWorkload calls at one time, those of all clusters
  // together: each has counters of up to 12 MiB, 192 MiB in all.
  int max_analyses = 16;
  // How long one of them may last. At a million keys a second, which is what a
  // caller sends, an hour is 3,600,000,000.
  absl::Duration max_analysis_duration = absl::Hours(1);
};

// What calls are answered from and held to: all that can change while the
// server runs. Immutable, but for what happens within the clusters.
struct ServingState {
  // The cluster of that name, the default cluster for the empty name, or null.
  ServedCluster* FindCluster(std::string_view name) const;

  RequestLimits request_limits = {};
  CallLimits call_limits = {};
  // How long ago a cluster may have confirmed its topology: past that, what
  // needs a topology is refused with TOPOLOGY_STALE (rule G5).
  absl::Duration max_topology_age = absl::Hours(1);
  // The first is the default cluster. Few; searched in order. None is null.
  std::vector<std::shared_ptr<ServedCluster>> clusters = {};
  // Never null.
  std::shared_ptr<const Callers> callers = std::make_shared<const Callers>();
  // Whether health checks are answered to those who are none of the callers.
  bool open_health = true;
};

// Holds the state that new calls see. Thread-safe.
class CurrentServingState {
 public:
  explicit CurrentServingState(ServingState state);

  // Take it once per call, and keep it until the call has ended. One lock and
  // one reference count.
  std::shared_ptr<const ServingState> Get() const;

  void Replace(ServingState state);

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const ServingState> state_;  // Never null. Guarded by mutex_.
};

}  // namespace slotplanner
