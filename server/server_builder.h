// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <grpcpp/grpcpp.h>

namespace slotplanner {

// A builder of servers with the settings of slotplanner-server:
// reflection, limits of messages, keepalive. Benchmarks build what they compare
// it with in the same way. `max_message_bytes`: of requests and of responses.
std::unique_ptr<grpc::ServerBuilder> MakeServerBuilder(int max_message_bytes);

}  // namespace slotplanner
