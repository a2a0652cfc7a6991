// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include <grpcpp/support/status.h>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "absl/time/time.h"
#include "service/planning/batch_plan.h"

namespace slotplanner {

// Which side of a method is a stream.
enum class MethodType { kUnary, kServerStream, kClientStream };

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

// How large requests and plans are. Thread-safe.
class SizeMetrics {
 public:
  explicit SizeMetrics(prometheus::Registry& registry);

  // One GroupKeys request.
  void CountKeys(int64_t keys);

  // One plan.
  void CountPlan(const BatchPlan& plan);

 private:
  prometheus::Histogram& keys_;
  prometheus::Histogram& commands_;
  prometheus::Histogram& parts_;
  prometheus::Histogram& nodes_;
};

}  // namespace slotplanner
