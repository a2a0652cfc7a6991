// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "service/answers/api_error.h"
#include "service/rpc/call_budget.h"
#include "service/rpc/serving_state.h"
#include "service/rpc/unanswered_calls.h"
#include "service/rpc/work_queue.h"

namespace slotplanner {

// A call that has ended, for the log. Views: they live as long as the call to
// `CallLog::OnCallEnded`.
struct CallRecord {
  std::string_view method;  // `PlanBatch`.
  grpc::StatusCode code = grpc::StatusCode::OK;
  absl::Duration duration;
  std::string_view request_id;  // Empty: the caller sent none.
  std::string_view caller;      // Empty: no callers are configured.
};

// Hears of every call. Thread-safe.
class CallLog {
 public:
  virtual ~CallLog() = default;
  // False: there is no need to call `OnCallEnded` now.
  virtual bool IsWanted() const = 0;
  // Must return soon.
  virtual void OnCallEnded(const CallRecord& record) = 0;
};

// What has become of the beginning of a call.
enum class BegunCall {
  kNotCounted,
  kCounted,  // Until it is answered.
  kOfFlood,  // Its connection has been ended: it need not be worked on.
};

// What a call has found at its beginning.
struct CallAccess {
  std::shared_ptr<const ServingState> state;  // Never null.
  // Who calls; null when no callers are configured. In `state`.
  const CallerRule* caller = nullptr;
  // UNKNOWN_CALLER, NOT_ALLOWED or, for a flood, OVERLOADED.
  std::optional<ApiError> error = std::nullopt;
  BegunCall begun = BegunCall::kNotCounted;
};

// A cluster that a call may use, or why it may not.
struct ClusterOrError {
  // Null exactly when there is an error. Lives as long as the call's state.
  ServedCluster* cluster = nullptr;
  // UNKNOWN_CLUSTER or NOT_ALLOWED.
  std::optional<ApiError> error = std::nullopt;
};

// What every call passes before it is worked on: who calls, and whether there
// is room for it. Its gauges are collected from it. Thread-safe.
class CallGate : public prometheus::Collectable {
 public:
  // Ends the connection of a peer, as gRPC names it.
  using EndConnection = std::function<void(const std::string& peer)>;

  // `worker_threads`: for large calls, at least 1. `log` may be null. All
  // pointers and references outlive this. `end_connection` is called for
  // connections that flood (UnansweredCalls), on any thread, and must return
  // soon.
  CallGate(const CurrentServingState* state, int worker_threads, CallLog* log,
           prometheus::Registry& metrics, EndConnection end_connection = {});

  // Counts a call of any kind, one in UnansweredCalls::kSampling, and ends its
  // connection when it is one too many.
  BegunCall CountBegun(const grpc::CallbackServerContext& context);
  // A call has ended that `CountBegun` has taken for `begun`.
  void CountEnded(const grpc::CallbackServerContext& context, BegunCall begun) {
    if (begun == BegunCall::kCounted && !context.IsCancelled()) {
      unanswered_.Answered(context.peer());
    }
  }

  // Counts a call of `method`; who calls, and whether they may.
  CallAccess Admit(const grpc::CallbackServerContext& context,
                   std::string_view method);

  // Whether a health check of `context` may be answered: OK, or the status that
  // it ends with.
  grpc::Status CheckHealthCaller(const grpc::CallbackServerContext& context);

  // The cluster that a call is for. A caller who may use some clusters only is
  // not told which others there are.
  ClusterOrError FindCluster(const CallAccess& access, std::string_view name);

  // Whether calls that come now may be for that cluster.
  bool Serves(const ServedCluster& cluster) const {
    return state_->Get()->FindCluster(cluster.name) == &cluster;
  }

  // Counts a unary call and the bytes of its request, unless there are too many
  // of either: then OVERLOADED.
  std::optional<ApiError> Begin(int64_t request_bytes,
                                const CallLimits& limits);
  // Counts bytes that a call holds beside those of its request.
  void AddBytes(int64_t bytes) { budget_.AddBytes(bytes); }
  void RemoveBytes(int64_t bytes) { budget_.RemoveBytes(bytes); }
  // Such a call has ended, with all its bytes.
  void End(int64_t bytes) { budget_.End(bytes); }

  // Counts an analysis, beside `Begin`, unless there are too many: then
  // OVERLOADED.
  std::optional<ApiError> BeginAnalysis(const CallLimits& limits);
  void EndAnalysis() { analyses_.fetch_sub(1, std::memory_order_relaxed); }

  // Runs `work` on a worker thread, unless too many wait already: then
  // OVERLOADED, and `work` is gone.
  std::optional<ApiError> RunOnWorker(absl::AnyInvocable<void()> work,
                                      const CallLimits& limits);

  // The same for what can wait elsewhere: false, and nothing is counted as
  // refused, when too many wait already.
  bool TryOnWorker(absl::AnyInvocable<void()> work, const CallLimits& limits) {
    return Queue(std::move(work), limits) == WorkQueue::Outcome::kAdded;
  }

  // Null if nobody wants to hear of calls now.
  CallLog* call_log() const {
    return log_ != nullptr && log_->IsWanted() ? log_ : nullptr;
  }

  // Calls under way, the bytes that they hold and may hold, and calls that
  // wait.
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  enum class Refusal {
    kConcurrentCalls,
    kQueueLength,
    kQueueDelay,
    kMemory,
    kAnalyses,
    kUnknownCaller,
    kMethodNotAllowed,
    kClusterNotAllowed,
  };
  static constexpr size_t kRefusalCount = 8;

  void Count(Refusal refusal) {
    refused_[static_cast<size_t>(refusal)]->Increment();
  }
  WorkQueue::Outcome Queue(absl::AnyInvocable<void()> work,
                           const CallLimits& limits);
  // Who calls; null, and counted as refused, for none of the callers.
  const CallerRule* Identify(const grpc::CallbackServerContext& context,
                             const Callers& callers);
  void CountCaller(const std::string& name);

  const CurrentServingState* const state_;
  CallLog* const log_;
  const EndConnection end_connection_;
  std::atomic<uint32_t> begun_calls_ = 0;
  UnansweredCalls unanswered_;
  prometheus::Registry& metrics_;
  std::array<prometheus::Counter*, kRefusalCount> refused_;
  prometheus::Histogram& queue_delay_;
  CallBudget budget_;
  std::atomic<int> analyses_ = 0;
  std::mutex callers_mutex_;
  // Calls of configured callers, by name. Guarded by callers_mutex_.
  std::map<std::string, prometheus::Counter*> caller_calls_;
  WorkQueue queue_;  // Last: its threads use the fields above.
};

// Tells `log` of a call that has ended. `caller`: as in `CallRecord`.
void LogCall(CallLog& log, std::string_view method, std::string_view caller,
             const grpc::CallbackServerContext& context, grpc::StatusCode code,
             absl::Duration duration);

// The identifier that the caller gave the call, from its metadata; empty if it
// gave none that can be repeated.
std::string RequestIdOf(const grpc::CallbackServerContext& context);

}  // namespace slotplanner
