// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/rpc_status.h"

namespace slotplanner {

grpc::Status ToGrpcStatus(const ApiError& error, std::string_view request_id) {
  return {static_cast<grpc::StatusCode>(error.code), error.message,
          ToMessage(error, request_id).SerializeAsString()};
}

}  // namespace slotplanner
