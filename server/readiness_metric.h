// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <prometheus/client_metric.h>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include "server/health.h"

namespace slotplanner {

// What /readyz says, as a metric. Thread-safe.
class ReadinessMetric final : public prometheus::Collectable {
 public:
  // `health` lives longer.
  explicit ReadinessMetric(const Health* health) : health_(health) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    prometheus::ClientMetric metric;
    metric.gauge.value = health_->Check().ok() ? 1 : 0;
    return {{.name = "slotplanner_ready",
             .help = "1 if the server wants calls, as /readyz says, else 0.",
             .type = prometheus::MetricType::Gauge,
             .metric = {metric}}};
  }

 private:
  const Health* const health_;
};

}  // namespace slotplanner
