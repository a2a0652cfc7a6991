// SPDX-License-Identifier: Apache-2.0
#include "service/topology/topology_refresher.h"

#include <memory>
#include <random>
#include <stop_token>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "service/topology/refresh_cycle.h"
#include "service/topology/refresh_requests.h"
#include "service/topology/topology_source.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

TopologyRefresher::TopologyRefresher(std::unique_ptr<TopologySource> source,
                                     TopologyStore* store,
                                     RefreshRequests* requests,
                                     RefreshObserver* observer,
                                     const Options& options)
    : source_(std::move(source)),
      requests_(requests),
      cycle_(source_.get(), store, observer, options, std::random_device{}()),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void TopologyRefresher::Run(const std::stop_token& stop) {
  requests_->Reopen();
  while (!stop.stop_requested()) {
    requests_->BeginRefresh();
    const RefreshPause pause = cycle_.Run(absl::Now());
    requests_->EndRefresh();
    requests_->Wait(pause.at_least, pause.at_most, stop);
  }
  requests_->Close();
}

}  // namespace slotplanner
