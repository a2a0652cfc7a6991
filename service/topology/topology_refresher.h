// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <stop_token>
#include <thread>

#include "service/topology/refresh_cycle.h"
#include "service/topology/refresh_requests.h"
#include "service/topology/topology_source.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

// Keeps one cluster's store fresh from a thread of its own: on an interval,
// sooner after troubles, and when somebody asks. The destructor stops the
// thread, where a read under way is waited for, and closes the requests.
// Thread-safe.
class TopologyRefresher {
 public:
  using Options = RefreshOptions;

  // Starts at once with a first read. All but `source` outlive this, and no
  // other refresher serves `requests` meanwhile.
  TopologyRefresher(std::unique_ptr<TopologySource> source,
                    TopologyStore* store, RefreshRequests* requests,
                    RefreshObserver* observer, const Options& options);

 private:
  void Run(const std::stop_token& stop);

  const std::unique_ptr<TopologySource> source_;
  RefreshRequests* const requests_;
  RefreshCycle cycle_;   // Used by the thread only.
  std::jthread thread_;  // Last: stops before the fields that it uses.
};

}  // namespace slotplanner
