// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <grpcpp/support/status.h>

#include "service/answers/api_error.h"

namespace slotplanner {

// The status of a call that failed: code and message, with the error's details,
// and a RequestInfo that repeats `request_id` if it is not empty. The only
// place where a grpc::Status is made of an error.
grpc::Status ToGrpcStatus(const ApiError& error,
                          std::string_view request_id = "");

}  // namespace slotplanner
