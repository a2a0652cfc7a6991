// SPDX-License-Identifier: Apache-2.0
// Runs unary calls. Methods are raw (bytes in, bytes out) because gRPC's own
// wrapper answers a request that does not parse with a bare UNIMPLEMENTED, and
// because messages live in an arena here, whose first block is on the stack.
#pragma once

#include <optional>
#include <utility>

#include <google/protobuf/arena.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include "absl/time/clock.h"
#include "absl/time/time.h"
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

// The messages of a call, in an arena of their own.
template <typename Request, typename Response>
class CallMessages {
 public:
  explicit CallMessages(const grpc::ByteBuffer* request_bytes)
      : arena_(Options()),
        request_(*google::protobuf::Arena::CreateMessage<Request>(&arena_)),
        response_(*google::protobuf::Arena::CreateMessage<Response>(&arena_)) {
    // The reader only reads; its constructor is older than const.
    grpc::ProtoBufferReader bytes(const_cast<grpc::ByteBuffer*>(request_bytes));
    is_parsed_ =
        bytes.status().ok() && request_.ParseFromZeroCopyStream(&bytes);
  }

  // Whether the bytes are a request.
  bool is_parsed() const { return is_parsed_; }
  const Request& request() const { return request_; }
  Response& response() { return response_; }

 private:
  google::protobuf::ArenaOptions Options() {
    google::protobuf::ArenaOptions options;
    options.initial_block = first_block_;
    options.initial_block_size = sizeof(first_block_);
    return options;
  }

  char first_block_[4096];
  google::protobuf::Arena arena_;
  Request& request_;
  Response& response_;
  bool is_parsed_ = false;
};

// Ends a call: calls `handler(const Request&, Response&)`, which returns the
// error of the call if it has one, serializes the response, counts and times it
// all, and finishes the reactor inline.
template <typename Request, typename Response, typename Handler>
void FinishCall(const UnaryCall& call,
                CallMessages<Request, Response>& messages, Handler&& handler) {
  const std::optional<ApiError> error =
      messages.is_parsed()
          ? handler(messages.request(), messages.response())
          : MalformedRequestError(Request::descriptor()->full_name());
  grpc::Status status = ToGrpcStatus(error);
  if (status.ok()) {
    bool own_buffer = false;
    status = grpc::SerializationTraits<Response>::Serialize(
        messages.response(), call.response, &own_buffer);
  }
  call.metrics->CountHandled(status.error_code(), absl::Now() - call.start);
  call.reactor->Finish(status);
}

// Runs a call to its end.
template <typename Request, typename Response, typename Handler>
grpc::ServerUnaryReactor* Answer(const UnaryCall& call, Handler&& handler) {
  call.metrics->CountStarted();
  CallMessages<Request, Response> messages(call.request);
  FinishCall(call, messages, std::forward<Handler>(handler));
  return call.reactor;
}

// The same, but if `refresh_first(const Request&)` is not null, the cluster is
// looked at again before. Then the handler runs later, on another thread of
// gRPC's, after three quarters of the caller's time at the latest, so that
// there is some left to answer with what is known. The request is parsed again
// by then, so that nothing but its bytes has to wait. `handler` is copied.
template <typename Request, typename Response, typename RefreshFirst,
          typename Handler>
grpc::ServerUnaryReactor* AnswerWhenFresh(const UnaryCall& call,
                                          RefreshFirst&& refresh_first,
                                          Handler handler) {
  call.metrics->CountStarted();
  CallMessages<Request, Response> messages(call.request);
  RefreshRequests* const requests =
      messages.is_parsed() ? refresh_first(messages.request()) : nullptr;
  if (requests == nullptr) {
    FinishCall(call, messages, handler);
    return call.reactor;
  }
  const absl::Duration time_left =
      absl::FromChrono(call.context->deadline()) - call.start;
  RunAfterRefresh(*requests, call.start + 0.75 * time_left, [call, handler] {
    CallMessages<Request, Response> messages_again(call.request);
    FinishCall(call, messages_again, handler);
  });
  return call.reactor;
}

}  // namespace slotplanner
