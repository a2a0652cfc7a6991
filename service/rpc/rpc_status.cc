// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/rpc_status.h"

namespace slotplanner {

grpc::Status ToGrpcStatus(const std::optional<ApiError>& error) {
  if (!error) return grpc::Status::OK;
  return {static_cast<grpc::StatusCode>(error->code), error->message,
          ToMessage(*error).SerializeAsString()};
}

}  // namespace slotplanner
