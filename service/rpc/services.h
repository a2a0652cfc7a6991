// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <grpcpp/grpcpp.h>
#include <prometheus/registry.h>

#include "absl/time/time.h"
#include "service/answers/request_limits.h"
#include "service/rpc/topology_watches.h"
#include "service/topology/cluster_registry.h"

namespace slotplanner {

// How the services answer.
struct ServiceOptions {
  RequestLimits limits = {};
  // How long ago a cluster may have confirmed its topology: past that, what
  // needs a topology is refused with TOPOLOGY_STALE (rule G5).
  absl::Duration max_topology_age = absl::Hours(1);
};

// The gRPC services of this API. The registries and `watches` outlive them.
std::unique_ptr<grpc::Service> MakeSlotPlannerService(
    const ClusterRegistry& clusters, const ServiceOptions& options,
    prometheus::Registry& metrics);
std::unique_ptr<grpc::Service> MakeTopologyService(
    const ClusterRegistry& clusters, const ServiceOptions& options,
    TopologyWatches& watches, prometheus::Registry& metrics);

}  // namespace slotplanner
