// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/owned_metrics.h"

namespace slotplanner {

OwnedMetrics::OwnedMetrics(prometheus::Registry& registry)
    : registry_(registry) {}

OwnedMetrics::~OwnedMetrics() {
  for (const auto& remove : removals_) remove();
}

template <typename Metric, typename... Args>
Metric& OwnedMetrics::AddTo(prometheus::Family<Metric>& family,
                            const prometheus::Labels& labels,
                            const Args&... args) {
  Metric& metric = family.Add(labels, args...);
  removals_.emplace_back([&family, &metric] { family.Remove(&metric); });
  return metric;
}

prometheus::Counter& OwnedMetrics::AddCounter(
    const std::string& name, const std::string& help,
    const prometheus::Labels& labels) {
  return AddTo(
      prometheus::BuildCounter().Name(name).Help(help).Register(registry_),
      labels);
}

prometheus::Gauge& OwnedMetrics::AddGauge(const std::string& name,
                                          const std::string& help,
                                          const prometheus::Labels& labels) {
  return AddTo(
      prometheus::BuildGauge().Name(name).Help(help).Register(registry_),
      labels);
}

prometheus::Histogram& OwnedMetrics::AddHistogram(
    const std::string& name, const std::string& help,
    const prometheus::Labels& labels,
    const prometheus::Histogram::BucketBoundaries& buckets) {
  return AddTo(
      prometheus::BuildHistogram().Name(name).Help(help).Register(registry_),
      labels, buckets);
}

}  // namespace slotplanner
