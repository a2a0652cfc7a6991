// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>

#include <google/protobuf/arena.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include "absl/time/clock.h"
#include "service/rpc/call_metrics.h"
#include "service/rpc/rpc_status.h"

namespace slotplanner {

// Runs one unary call to its end: parses the request, calls
// `handler(const Request&, Response&)`, which returns the error of the call if
// it has one, serializes the response, counts and times it all, and finishes
// the reactor inline.
//
// Methods are raw (bytes in, bytes out) because gRPC's own wrapper answers a
// request that does not parse with a bare UNIMPLEMENTED, and because messages
// live in an arena here, whose first block is on the stack.
template <typename Request, typename Response, typename Handler>
grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context,
                                 const grpc::ByteBuffer* request_bytes,
                                 grpc::ByteBuffer* response_bytes,
                                 MethodMetrics& metrics, Handler&& handler) {
  const absl::Time start = absl::Now();
  metrics.CountStarted();
  char first_block[4096];
  google::protobuf::ArenaOptions arena_options;
  arena_options.initial_block = first_block;
  arena_options.initial_block_size = sizeof(first_block);
  google::protobuf::Arena arena(arena_options);
  auto& request = *google::protobuf::Arena::CreateMessage<Request>(&arena);
  auto& response = *google::protobuf::Arena::CreateMessage<Response>(&arena);

  std::optional<ApiError> error;
  // The reader only reads; its constructor is older than const.
  grpc::ProtoBufferReader bytes(const_cast<grpc::ByteBuffer*>(request_bytes));
  if (bytes.status().ok() && request.ParseFromZeroCopyStream(&bytes)) {
    error = std::forward<Handler>(handler)(std::as_const(request), response);
  } else {
    error = MalformedRequestError(Request::descriptor()->full_name());
  }
  grpc::Status status = ToGrpcStatus(error);
  if (status.ok()) {
    bool own_buffer = false;
    status = grpc::SerializationTraits<Response>::Serialize(
        response, response_bytes, &own_buffer);
  }
  metrics.CountHandled(status.error_code(), absl::Now() - start);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

}  // namespace slotplanner
