// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include <grpcpp/grpcpp.h>

#include "server/options.h"

namespace slotplanner {

// A builder of servers with the settings of slotplanner-server that are gRPC's:
// reflection, limits, keepalive. Benchmarks build what they compare it with in
// the same way. `quota` bounds what gRPC itself holds of messages.
std::unique_ptr<grpc::ServerBuilder> MakeServerBuilder(
    const ServerOptions& options, const grpc::ResourceQuota& quota);

}  // namespace slotplanner
