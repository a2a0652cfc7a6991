// SPDX-License-Identifier: Apache-2.0
// Runs calls whose requests may be large: they are read where they lie (ADR
// 10), and worked on where they hold up nobody.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "absl/time/time.h"
#include "service/answers/request_validation.h"
#include "service/answers/wire_writer.h"
#include "service/rpc/refresh_wait.h"
#include "service/rpc/served_cluster.h"
#include "service/rpc/unary_call.h"

namespace slotplanner {

// From how many bytes on a request is worked on by a worker thread: 3,000 keys
// of 20 bytes, which take more than ten times as long as changing the thread.
inline constexpr int64_t kLargeRequestBytes = 64 << 10;

// The mailbox to ask for a refresh, if `outdated_version`, which a caller has
// found out of date, is the version that would be used; else null.
RefreshRequests* RefreshFirst(ServedCluster& cluster,
                              std::string_view outdated_version);

// A call with a request that may be large. Small ones are run to their end on
// gRPC's thread, which is sooner than changing it; others on a worker thread,
// so that gRPC's threads stay free for small ones. `Steps` is copied; it has
//
//   using Input = ...;  // GroupKeysInput or PlanBatchInput.
//   // The topology that the caller found out of date; empty if it did not.
//   static std::string_view OutdatedVersion(const Input&);
//   // Whether a request of few bytes is much work.
//   bool IsLarge(const Input&, const ServedCluster&) const;
//   // The error of the call, or none and its response.
//   std::optional<ApiError> Run(const UnaryCall&, const Input&,
//                               ServedCluster&, WireBytes& response) const;
//
// The request is read again whenever the thread changes, so that nothing but
// its bytes has to wait.
template <typename Steps>
class BulkCall {
 public:
  using Input = typename Steps::Input;

  static grpc::ServerUnaryReactor* Answer(UnaryCall* call, Steps steps) {
    if (!call->is_admitted()) return call;
    BulkCall bulk(call, std::move(steps));
    if (bulk.has_large_request()) {
      call->RunOnWorker(
          [bulk]() mutable { bulk.Begin(/*is_on_worker=*/true); });
    } else {
      bulk.Begin(/*is_on_worker=*/false);
    }
    return call;
  }

 private:
  BulkCall(UnaryCall* call, Steps steps)
      : call_(call), steps_(std::move(steps)) {}

  bool has_large_request() const {
    return call_->request_bytes() >= kLargeRequestBytes;
  }

  void Begin(bool is_on_worker) {
    Input input(call_->state().request_limits);
    if (auto error = Check(input)) {
      call_->Finish(*error);
    } else if (RefreshRequests* const requests =
                   RefreshFirst(*cluster_, Steps::OutdatedVersion(input))) {
      cluster_->metrics.CountOutdatedVersion();
      // At the latest after three quarters of the caller's time, so that there
      // is some left to answer with what is known.
      RunAfterRefresh(
          *requests,
          call_->start() + 0.75 * (call_->deadline() - call_->start()),
          [bulk = *this] { bulk.RunWhereItBelongs(); });
    } else if (!is_on_worker && steps_.IsLarge(input, *cluster_)) {
      call_->RunOnWorker([bulk = *this] { bulk.Run(); });
    } else {
      Run(input);
    }
  }

  // Reads the request. Without an error it has a cluster.
  std::optional<ApiError> Check(Input& input) {
    if (!Read(input)) {
      return MalformedRequestError(Input::Message::descriptor()->full_name());
    }
    if (auto error = Validate(input, call_->state().request_limits)) {
      return error;
    }
    ClusterOrError found = call_->FindCluster(input.settings().cluster());
    cluster_ = found.cluster;
    return std::move(found.error);
  }

  // On a thread of gRPC's, with a request that was read and checked before.
  void RunWhereItBelongs() const {
    if (!has_large_request()) {
      Input input(call_->state().request_limits);
      Read(input);
      if (!steps_.IsLarge(input, *cluster_)) return Run(input);
    }
    call_->RunOnWorker([bulk = *this] { bulk.Run(); });
  }

  void Run() const {
    Input input(call_->state().request_limits);
    Read(input);
    Run(input);
  }

  void Run(const Input& input) const {
    WireBytes response;
    const std::optional<ApiError> error =
        steps_.Run(*call_, input, *cluster_, response);
    if (error) {
      call_->Finish(*error);
    } else {
      call_->Finish(ToByteBuffer(std::move(response)));
    }
  }

  // False: it is no such request.
  bool Read(Input& input) const {
    const auto size = static_cast<size_t>(call_->request_bytes());
    RequestReader bytes(*call_);
    if (!bytes.status().ok()) return false;
    if (input.Read(bytes, size)) return true;
    RequestReader same_bytes(*call_);
    return input.ReadAsMessage(same_bytes, size);
  }

  UnaryCall* call_;
  Steps steps_;
  ServedCluster* cluster_ = nullptr;  // In the call's state.
};

}  // namespace slotplanner
