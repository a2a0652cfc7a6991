// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_set>

#include <grpcpp/grpcpp.h>
#include <prometheus/registry.h>

#include "service/rpc/call_metrics.h"
#include "service/topology/cluster_registry.h"

namespace slotplanner {

// All WatchTopology calls under way. Each holds its place in a store, one
// write that gRPC has not taken yet, and no copy of the topology: its message
// is serialized once for all of them. Thread-safe.
class TopologyWatches {
 public:
  // `max_watchers`: those of all clusters together. The registries outlive
  // this.
  TopologyWatches(const ClusterRegistry& clusters, int max_watchers,
                  prometheus::Registry& metrics);
  // Requires: all calls have ended.
  ~TopologyWatches();

  // Begins a call; its request is the bytes of a WatchTopologyRequest.
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Start(
      const grpc::ByteBuffer* request);

  // Ends all calls with STOPPING, and each new one at once from now on.
  void EndAll();

 private:
  class Messages;
  class Watch;

  // The status of a call that cannot begin; OK when it is counted now.
  grpc::Status Add(Watch* watch);
  void Remove(Watch* watch);

  const ClusterRegistry& clusters_;
  const size_t max_watchers_;
  MethodMetrics method_metrics_;
  WatchMetrics watch_metrics_;
  const std::unique_ptr<Messages> messages_;
  std::mutex mutex_;
  bool has_ended_ = false;              // Guarded by mutex_.
  std::unordered_set<Watch*> watches_;  // Guarded by mutex_.
};

}  // namespace slotplanner
