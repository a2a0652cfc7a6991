// SPDX-License-Identifier: Apache-2.0
// Runs unary calls. Methods are raw (bytes in, bytes out) because gRPC's own
// wrapper answers a request that does not parse with a bare UNIMPLEMENTED, and
// because the bulk of large requests is read where it lies (ADR 10).
#pragma once

#include <optional>
#include <utility>

#include <google/protobuf/arena.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/answers/request_limits.h"
#include "service/answers/wire_writer.h"
#include "service/rpc/call_metrics.h"
#include "service/rpc/refresh_wait.h"
#include "service/rpc/rpc_status.h"

namespace slotplanner {

// A call under way. The pointers are good until it is finished.
struct UnaryCall {
  grpc::CallbackServerContext* context;
  const grpc::ByteBuffer* request;
  grpc::ByteBuffer* response;
  MethodMetrics* metrics;
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::Time start = absl::Now();
};

// Counts and times the call, and finishes its reactor inline.
void Finish(const UnaryCall& call, const grpc::Status& status);

// The bytes as gRPC sends them, without a copy.
grpc::ByteBuffer ToByteBuffer(WireBytes bytes);

// Reads a request of a call. The reader only reads; its constructor is older
// than const.
class RequestReader : public grpc::ProtoBufferReader {
 public:
  explicit RequestReader(const UnaryCall& call)
      : ProtoBufferReader(const_cast<grpc::ByteBuffer*>(call.request)) {}
};

// Runs a call to its end, with messages in an arena whose first block is on the
// stack. `handler(const Request&, Response&)` returns the error of the call if
// it has one.
template <typename Request, typename Response, typename Handler>
grpc::ServerUnaryReactor* Answer(const UnaryCall& call, Handler&& handler) {
  call.metrics->CountStarted();
  char first_block[4096];
  google::protobuf::ArenaOptions arena_options;
  arena_options.initial_block = first_block;
  arena_options.initial_block_size = sizeof(first_block);
  google::protobuf::Arena arena(arena_options);
  auto& request = *google::protobuf::Arena::CreateMessage<Request>(&arena);
  auto& response = *google::protobuf::Arena::CreateMessage<Response>(&arena);
  RequestReader bytes(call);
  const bool is_parsed =
      bytes.status().ok() && request.ParseFromZeroCopyStream(&bytes);
  grpc::Status status = ToGrpcStatus(
      is_parsed ? handler(std::as_const(request), response)
                : MalformedRequestError(Request::descriptor()->full_name()));
  if (status.ok()) {
    bool own_buffer = false;
    status = grpc::SerializationTraits<Response>::Serialize(
        response, call.response, &own_buffer);
  }
  Finish(call, status);
  return call.reactor;
}

// The same for large requests: `Input` is GroupKeysInput or PlanBatchInput, and
// `handler(const Input&, WireBytes&)` makes the response.
template <typename Input, typename Handler>
void FinishBulk(const UnaryCall& call, bool is_read, const Input& input,
                Handler&& handler) {
  WireBytes response;
  const grpc::Status status = ToGrpcStatus(
      is_read
          ? handler(input, response)
          : MalformedRequestError(Input::Message::descriptor()->full_name()));
  if (status.ok()) *call.response = ToByteBuffer(std::move(response));
  Finish(call, status);
}

// Reads a request of that kind. False: it is none.
template <typename Input>
bool ReadBulk(const UnaryCall& call, Input& input) {
  RequestReader bytes(call);
  if (!bytes.status().ok()) return false;
  if (input.Read(bytes, call.request->Length())) return true;
  RequestReader same_bytes(call);
  return input.ReadAsMessage(same_bytes, call.request->Length());
}

// Runs a call of that kind to its end. If `refresh_first(const Input&)` is not
// null, the cluster is looked at again before: then the handler runs later, on
// another thread of gRPC's, after three quarters of the caller's time at the
// latest, so that there is some left to answer with what is known. The request
// is read again by then, so that nothing but its bytes has to wait. `handler`
// is copied.
template <typename Input, typename RefreshFirst, typename Handler>
grpc::ServerUnaryReactor* AnswerBulk(const UnaryCall& call,
                                     const RequestLimits& limits,
                                     RefreshFirst&& refresh_first,
                                     Handler handler) {
  call.metrics->CountStarted();
  Input input(limits);
  const bool is_read = ReadBulk(call, input);
  RefreshRequests* const requests = is_read ? refresh_first(input) : nullptr;
  if (requests == nullptr) {
    FinishBulk(call, is_read, input, handler);
    return call.reactor;
  }
  const absl::Duration time_left =
      absl::FromChrono(call.context->deadline()) - call.start;
  RunAfterRefresh(*requests, call.start + 0.75 * time_left,
                  [call, limits, handler] {
                    Input input_again(limits);
                    const bool is_read_again = ReadBulk(call, input_again);
                    FinishBulk(call, is_read_again, input_again, handler);
                  });
  return call.reactor;
}

}  // namespace slotplanner
