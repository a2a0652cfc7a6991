// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <grpcpp/support/status.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "absl/time/time.h"
#include "service/planning/batch_plan.h"
#include "service/topology/cluster_registry.h"

namespace slotplanner {

// What a method sends back.
enum class MethodType { kUnary, kServerStream };

// The standard metrics of one RPC method, under the names that go-grpc-
// prometheus and its sisters use: grpc_server_started_total,
// grpc_server_handled_total, grpc_server_handling_seconds. Thread-safe.
class MethodMetrics {
 public:
  MethodMetrics(prometheus::Registry& registry, const std::string& service,
                const std::string& method,
                MethodType type = MethodType::kUnary);

  // Counts a call that begins.
  void CountStarted() { started_.Increment(); }

  // Counts and times a call that ended.
  void CountHandled(grpc::StatusCode code, absl::Duration duration);

 private:
  static constexpr size_t kCodeCount = 17;

  prometheus::Counter& started_;
  std::array<prometheus::Counter*, kCodeCount> handled_;
  prometheus::Histogram& handling_seconds_;
};

// What requests and plans are like. Thread-safe.
class PlanMetrics {
 public:
  PlanMetrics(prometheus::Registry& registry, const ClusterRegistry& clusters);

  // One GroupKeys request.
  void CountKeys(int64_t keys);

  // One plan for a cluster of the registry given at construction.
  void CountPlan(const ClusterRegistry::Entry& cluster, const BatchPlan& plan);

 private:
  static constexpr size_t kVerdictCount = 6;

  const ClusterRegistry& clusters_;
  prometheus::Histogram& keys_;
  prometheus::Histogram& commands_;
  prometheus::Histogram& parts_;
  prometheus::Histogram& nodes_;
  // Parallel to the entries of the registry, then by Verdict - 1.
  std::vector<std::array<prometheus::Counter*, kVerdictCount>> verdicts_;
};

// Why callers make the server look at a cluster again. Thread-safe.
class RefreshMetrics {
 public:
  RefreshMetrics(prometheus::Registry& registry,
                 const ClusterRegistry& clusters);

  // A request names the current topology as out of date.
  void CountOutdatedVersion(const ClusterRegistry::Entry& cluster);

  // A report of a redirection that tells something new.
  void CountReport(const ClusterRegistry::Entry& cluster);

 private:
  const ClusterRegistry& clusters_;
  // Parallel to the entries of the registry, as above.
  std::vector<prometheus::Counter*> outdated_versions_;
  std::vector<prometheus::Counter*> reports_;
};

// How many watch. Thread-safe.
class WatchMetrics {
 public:
  WatchMetrics(prometheus::Registry& registry, const ClusterRegistry& clusters);

  prometheus::Gauge& WatchersOf(const ClusterRegistry::Entry& cluster);

 private:
  const ClusterRegistry& clusters_;
  std::vector<prometheus::Gauge*> watchers_;  // Parallel to the entries.
};

}  // namespace slotplanner
