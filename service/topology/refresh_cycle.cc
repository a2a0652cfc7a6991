// SPDX-License-Identifier: Apache-2.0
#include "service/topology/refresh_cycle.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/topology/topology_source.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

RefreshCycle::RefreshCycle(TopologySource* source, TopologyStore* store,
                           RefreshObserver* observer,
                           const RefreshOptions& options,
                           std::minstd_rand::result_type seed)
    : source_(source),
      store_(store),
      observer_(observer),
      options_(options),
      generator_(seed) {}

RefreshPause RefreshCycle::Run(absl::Time now) {
  const absl::Time begin = absl::Now();
  absl::StatusOr<ClusterReading> reading =
      source_->Read(begin + options_.timeout);
  // Not negative, even if somebody sets the clock back.
  const absl::Duration duration =
      std::max(absl::Now() - begin, absl::ZeroDuration());

  RefreshOutcome outcome = RefreshOutcome::kFailed;
  if (reading.ok()) {
    outcome = reading->is_settled ? RefreshOutcome::kSettled
                                  : RefreshOutcome::kUnsettled;
    const auto before = store_->Current();
    const auto snapshot =
        std::make_shared<const ClusterSnapshot>(ClusterSnapshot{
            .topology = std::move(reading->topology),
            .catalog = std::move(reading->catalog),
            .confirm_time = now + duration,
            .migrations = std::move(reading->migrations),
            .hides_commands = reading->hides_commands,
            .asked_node_count = reading->asked_node_count,
            .agreeing_node_count = reading->agreeing_node_count,
            .hides_migrations = reading->hides_migrations,
        });
    store_->Publish(snapshot);
    observer_->OnRefreshSucceeded(
        {.snapshot = snapshot,
         .has_new_topology =
             before == nullptr ||
             before->topology->version() != snapshot->topology->version(),
         .access_status = std::move(reading->access_status),
         .problems = std::move(reading->problems),
         .duration = duration});
  } else {
    observer_->OnRefreshFailed(reading.status(), duration);
  }

  if (outcome == RefreshOutcome::kSettled) {
    troubles_ = 0;
  } else if (troubles_ < std::numeric_limits<int>::max()) {
    ++troubles_;
  }
  std::uniform_real_distribution<double> random(0.0, 1.0);
  const absl::Duration at_most =
      DelayUntilNextRefresh(options_, outcome, troubles_, random(generator_));
  return {.at_least = std::clamp(options_.min_interval - duration,
                                 absl::ZeroDuration(), at_most),
          .at_most = at_most};
}

absl::Duration DelayUntilNextRefresh(const RefreshOptions& options,
                                     RefreshOutcome outcome, int troubles,
                                     double random) {
  absl::Duration delay = options.interval;
  if (outcome != RefreshOutcome::kSettled) {
    // 2^30 times any backoff is past every limit.
    const int doublings = std::min(troubles - 1, 30);
    delay = std::min({options.min_backoff * std::ldexp(1.0, doublings),
                      outcome == RefreshOutcome::kFailed
                          ? options.max_backoff
                          : options.max_unsettled_interval,
                      options.interval});
  }
  constexpr double kJitter = 0.1;
  return delay * (1.0 - kJitter + 2.0 * kJitter * random);
}

}  // namespace slotplanner
