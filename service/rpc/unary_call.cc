// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/unary_call.h"

#include <cstdlib>

namespace slotplanner {

UnaryCall::UnaryCall(CallGate& gate, RpcMethod& method,
                     grpc::CallbackServerContext* context,
                     const grpc::ByteBuffer* request,
                     grpc::ByteBuffer* response)
    : gate_(gate),
      method_(method),
      context_(context),
      request_(request),
      response_(response),
      request_bytes_(static_cast<int64_t>(request->Length())),
      access_(gate.Admit(*context, method.name)) {
  method_.metrics.CountStarted();
  if (access_.error) {
    Finish(*access_.error);
    return;
  }
  if (const auto error = gate_.Begin(request_bytes_, state().call_limits)) {
    Finish(*error);
    return;
  }
  is_admitted_ = true;
}

void UnaryCall::Finish(const ApiError& error) {
  Finish(ToGrpcStatus(error, RequestIdOf(*context_)));
}

void UnaryCall::Finish(const grpc::ByteBuffer& response) {
  response_bytes_ = static_cast<int64_t>(response.Length());
  gate_.AddBytes(response_bytes_);
  *response_ = response;  // The bytes are shared.
  Finish(grpc::Status::OK);
}

void UnaryCall::Finish(const grpc::Status& status) {
  const absl::Duration duration = absl::Now() - start_;
  method_.metrics.CountHandled(status.error_code(), duration);
  if (CallLog* const log = gate_.call_log()) {
    const std::string_view caller =
        access_.caller == nullptr ? std::string_view() : access_.caller->name;
    LogCall(*log, method_.name, caller, *context_, status.error_code(),
            duration);
  }
  ServerUnaryReactor::Finish(status);
}

void UnaryCall::OnDone() {
  gate_.CountEnded(*context_, access_.begun);
  if (is_admitted_) gate_.End(request_bytes_ + response_bytes_);
  delete this;
}

grpc::ByteBuffer ToByteBuffer(WireBytes bytes) {
  const size_t size = bytes.size;
  const grpc::Slice slice(bytes.data.release(), size, std::free);
  return {&slice, 1};
}

}  // namespace slotplanner
