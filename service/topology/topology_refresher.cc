// SPDX-License-Identifier: Apache-2.0
#include "service/topology/topology_refresher.h"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <random>
#include <stop_token>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/topology/topology_source.h"
#include "service/topology/topology_store.h"

namespace slotplanner {
namespace {

// Returns after `delay`, or as soon as `stop` is requested.
void WaitFor(absl::Duration delay, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  // An infinite interval must not overflow the clock.
  const absl::Duration finite = std::min(delay, absl::Hours(24));
  stopped.wait_for(lock, stop, absl::ToChronoNanoseconds(finite),
                   [] { return false; });
}

}  // namespace

TopologyRefresher::TopologyRefresher(std::unique_ptr<TopologySource> source,
                                     TopologyStore* store,
                                     RefreshObserver* observer,
                                     const Options& options)
    : source_(std::move(source)),
      store_(store),
      observer_(observer),
      options_(options),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void TopologyRefresher::Run(const std::stop_token& stop) {
  std::minstd_rand generator(std::random_device{}());
  std::uniform_real_distribution<double> random(0.0, 1.0);
  int failures = 0;
  while (!stop.stop_requested()) {
    failures = Refresh() ? 0 : failures + 1;
    WaitFor(DelayUntilNextRefresh(options_, failures, random(generator)), stop);
  }
}

bool TopologyRefresher::Refresh() {
  const absl::Time begin = absl::Now();
  absl::StatusOr<ClusterReading> reading =
      source_->Read(begin + options_.timeout);
  const absl::Time end = absl::Now();
  if (!reading.ok()) {
    observer_->OnRefreshFailed(reading.status(), end - begin);
    return false;
  }
  const std::shared_ptr<const ClusterSnapshot> current = store_->Current();
  const bool changed = current == nullptr || current->topology->version() !=
                                                 reading->topology->version();
  const auto snapshot = std::make_shared<const ClusterSnapshot>(ClusterSnapshot{
      .topology = std::move(reading->topology),
      .catalog = std::move(reading->catalog),
      .confirm_time = end,
      .hides_commands = reading->hides_commands,
  });
  store_->Publish(snapshot);
  observer_->OnRefreshSucceeded(*snapshot, changed, end - begin);
  return true;
}

absl::Duration DelayUntilNextRefresh(const TopologyRefresher::Options& options,
                                     int failures, double random) {
  absl::Duration delay = options.interval;
  if (failures > 0) {
    // 2^30 times any backoff is past every limit.
    const int doublings = std::min(failures - 1, 30);
    delay = std::min({options.min_backoff * std::ldexp(1.0, doublings),
                      options.max_backoff, options.interval});
  }
  constexpr double kJitter = 0.1;
  return delay * (1.0 - kJitter + 2.0 * kJitter * random);
}

}  // namespace slotplanner
