// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <grpcpp/grpcpp.h>
#include <prometheus/registry.h>

#include "service/topology/cluster_registry.h"

namespace slotplanner {

// What a request may cost; past any limit it is refused with TOO_MANY.
struct RequestLimits {
  // Keys in one GroupKeys request. 1,000,000 keys of 20 bytes are 22 MB on the
  // wire, within the default message limit of 64 MiB.
  int max_keys = 1'000'000;
  // Commands in one PlanBatch request.
  int max_commands = 100'000;
  // Arguments in one PlanBatch request, those of all commands together.
  int max_arguments = 2'000'000;
};

// The gRPC services of this API. All are made of a registry of clusters, limits
// and a metrics registry, which outlive them.
std::unique_ptr<grpc::Service> MakeSlotPlannerService(
    const ClusterRegistry& clusters, const RequestLimits& limits,
    prometheus::Registry& metrics);
std::unique_ptr<grpc::Service> MakeTopologyService(
    const ClusterRegistry& clusters, prometheus::Registry& metrics);

}  // namespace slotplanner
