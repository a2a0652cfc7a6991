// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace slotplanner {

// Metrics of something that comes and goes, such as a cluster: they are
// exported as long as this lives. Requires: no two of them alive have the same
// name and labels. Not thread-safe, but for the metrics themselves.
class OwnedMetrics {
 public:
  // `registry` lives longer.
  explicit OwnedMetrics(prometheus::Registry& registry);
  ~OwnedMetrics();
  OwnedMetrics(const OwnedMetrics&) = delete;
  OwnedMetrics& operator=(const OwnedMetrics&) = delete;

  // Good as long as this lives, all three.
  prometheus::Counter& AddCounter(const std::string& name,
                                  const std::string& help,
                                  const prometheus::Labels& labels);
  prometheus::Gauge& AddGauge(const std::string& name, const std::string& help,
                              const prometheus::Labels& labels);
  prometheus::Histogram& AddHistogram(
      const std::string& name, const std::string& help,
      const prometheus::Labels& labels,
      const prometheus::Histogram::BucketBoundaries& buckets);

 private:
  template <typename Metric, typename... Args>
  Metric& AddTo(prometheus::Family<Metric>& family,
                const prometheus::Labels& labels, const Args&... args);

  prometheus::Registry& registry_;
  std::vector<std::function<void()>> removals_;
};

}  // namespace slotplanner
