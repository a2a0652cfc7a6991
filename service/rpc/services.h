// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <grpcpp/grpcpp.h>
#include <prometheus/registry.h>

#include "service/rpc/call_gate.h"
#include "service/rpc/topology_watches.h"

namespace slotplanner {

// The gRPC services of this API. `gate`, `watches` and `metrics` outlive them.
std::unique_ptr<grpc::Service> MakeSlotPlannerService(
    CallGate& gate, prometheus::Registry& metrics);
std::unique_ptr<grpc::Service> MakeTopologyService(
    CallGate& gate, TopologyWatches& watches, prometheus::Registry& metrics);
std::unique_ptr<grpc::Service> MakeAdvisorService(
    CallGate& gate, prometheus::Registry& metrics);

}  // namespace slotplanner
