// SPDX-License-Identifier: Apache-2.0
// Runs unary calls. Methods are raw (bytes in, bytes out) because gRPC's own
// wrapper answers a request that does not parse with a bare UNIMPLEMENTED, and
// because the bulk of large requests is read where it lies (`bulk_call.h`).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <google/protobuf/arena.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <prometheus/registry.h>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/answers/wire_writer.h"
#include "service/rpc/call_gate.h"
#include "service/rpc/call_metrics.h"
#include "service/rpc/rpc_status.h"
#include "service/rpc/serving_snapshot.h"

namespace slotplanner {

// A method of one of the services.
struct RpcMethod {
  RpcMethod(std::string method_name, const std::string& service,
            prometheus::Registry& registry,
            MethodType type = MethodType::kUnary)
      : name(std::move(method_name)), metrics(registry, service, name, type) {}

  const std::string name;
  MethodMetrics metrics;
};

// One call from its beginning to its end. Made by `new`; deletes itself when
// gRPC has sent the answer, or has given up on sending it. Until then it counts
// as under way, with the bytes that it holds. Used by one thread at a time.
//
// Only `OnDone` may delete it.
// NOLINTNEXTLINE(cppcoreguidelines-virtual-class-destructor)
class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  // Counts the call, and ends it with an error when `gate` does not let it in.
  // The pointers are good until the call has ended; the others live longer.
  UnaryCall(CallGate& gate, RpcMethod& method,
            grpc::CallbackServerContext* context,
            const grpc::ByteBuffer* request, grpc::ByteBuffer* response);

  // False: it has ended already.
  bool is_admitted() const { return is_admitted_; }

  const ServingState& state() const { return *access_.state; }
  int64_t request_bytes() const { return request_bytes_; }
  absl::Time start() const { return start_; }

  // When the caller stops to wait.
  absl::Time deadline() const { return absl::FromChrono(context_->deadline()); }

  // The cluster that it is for.
  ClusterOrError FindCluster(std::string_view name) const {
    return gate_.FindCluster(access_, name);
  }

  // What it is answered from. Take it once.
  ServingSnapshot SnapshotOf(const ServedCluster& cluster) const {
    return TakeSnapshot(cluster, state().max_topology_age, absl::Now());
  }

  // Ends the call. Exactly one of these three, once; the call may be gone when
  // it returns.
  void Finish(const ApiError& error);
  void Finish(const grpc::ByteBuffer& response);
  void Finish(const grpc::Status& status);

  // Runs `work()` on a worker thread, or ends the call with OVERLOADED. A call
  // that nobody waits for any more by then is ended without `work`.
  template <typename Work>
  void RunOnWorker(Work work) {
    auto error = gate_.RunOnWorker(
        [this, work = std::move(work)]() mutable {
          if (context_->IsCancelled()) {
            Finish({grpc::StatusCode::CANCELLED, "The caller has gone."});
          } else {
            work();
          }
        },
        state().call_limits);
    if (error) Finish(*error);
  }

  void OnDone() override;

  // gRPC calls `OnDone` where it is, without a task for its executor, as for
  // reactors of its own: ours only counts. The task costs a small call a tenth
  // of its time.
  bool InternalInlineable() override { return true; }

 private:
  friend class RequestReader;
  ~UnaryCall() override = default;

  CallGate& gate_;
  RpcMethod& method_;
  grpc::CallbackServerContext* const context_;
  const grpc::ByteBuffer* const request_;
  grpc::ByteBuffer* const response_;
  const absl::Time start_ = absl::Now();
  const int64_t request_bytes_;
  int64_t response_bytes_ = 0;
  const CallAccess access_;
  bool is_admitted_ = false;  // And counted by the gate.
};

// The bytes as gRPC sends them, without a copy.
grpc::ByteBuffer ToByteBuffer(WireBytes bytes);

// Reads the request of a call. The reader only reads; its constructor is older
// than const.
class RequestReader : public grpc::ProtoBufferReader {
 public:
  explicit RequestReader(const UnaryCall& call)
      : ProtoBufferReader(const_cast<grpc::ByteBuffer*>(call.request_)) {}
};

// Runs a call to its end, with messages in an arena whose first block is on the
// stack. `handler(const UnaryCall&, const Request&, Response&)` returns the
// error of the call if it has one.
template <typename Request, typename Response, typename Handler>
grpc::ServerUnaryReactor* Answer(UnaryCall* call, Handler&& handler) {
  if (!call->is_admitted()) return call;
  char first_block[4096];
  google::protobuf::ArenaOptions arena_options;
  arena_options.initial_block = first_block;
  arena_options.initial_block_size = sizeof(first_block);
  google::protobuf::Arena arena(arena_options);
  auto& request = *google::protobuf::Arena::CreateMessage<Request>(&arena);
  auto& response = *google::protobuf::Arena::CreateMessage<Response>(&arena);
  RequestReader bytes(*call);
  const bool is_parsed =
      bytes.status().ok() && request.ParseFromZeroCopyStream(&bytes);
  const std::optional<ApiError> error =
      is_parsed ? handler(*call, std::as_const(request), response)
                : MalformedRequestError(Request::descriptor()->full_name());
  if (error) {
    call->Finish(*error);
    return call;
  }
  grpc::ByteBuffer buffer;
  bool own_buffer = false;
  const grpc::Status status = grpc::SerializationTraits<Response>::Serialize(
      response, &buffer, &own_buffer);
  if (status.ok()) {
    call->Finish(buffer);
  } else {
    call->Finish(status);
  }
  return call;
}

}  // namespace slotplanner
