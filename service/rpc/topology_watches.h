// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <unordered_set>

#include <grpcpp/grpcpp.h>
#include <prometheus/registry.h>

#include "service/rpc/call_gate.h"
#include "service/rpc/call_metrics.h"

namespace slotplanner {

// All WatchTopology calls under way. Each holds its place in a store, one
// write that gRPC has not taken yet, and no copy of the topology: its message
// is serialized once for all of them. Thread-safe.
class TopologyWatches {
 public:
  // Both outlive this.
  TopologyWatches(CallGate& gate, prometheus::Registry& metrics);
  // Requires: all calls have ended.
  ~TopologyWatches();

  // Begins a call; its request is the bytes of a WatchTopologyRequest.
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Start(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request);

  // Ends all calls for a cluster that is served no more, with UNKNOWN_CLUSTER.
  // Requires: the gate's state is without it.
  void EndCluster(const ServedCluster& cluster);

  // Ends all calls with STOPPING, and each new one at once from now on.
  void EndAll();

 private:
  class Messages;
  class Watch;

  // Why a call cannot begin; nothing when it is counted now.
  std::optional<ApiError> Add(Watch* watch, int max_watchers);
  void Remove(Watch* watch);

  CallGate& gate_;
  MethodMetrics method_metrics_;
  const std::unique_ptr<Messages> messages_;
  std::mutex mutex_;
  bool has_ended_ = false;              // Guarded by mutex_.
  std::unordered_set<Watch*> watches_;  // Guarded by mutex_.
};

}  // namespace slotplanner
