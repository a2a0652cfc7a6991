// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <grpcpp/support/status.h>

#include "service/answers/api_error.h"

namespace slotplanner {

// The status of the call: OK without an error; else code and message, with the
// error's details. The only place where a grpc::Status is made of an error.
grpc::Status ToGrpcStatus(const std::optional<ApiError>& error);

}  // namespace slotplanner
