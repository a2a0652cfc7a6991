// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/call_gate.h"

#include <utility>

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "service/access/bearer_token.h"
#include "service/access/request_id.h"
#include "service/rpc/caller_identities.h"
#include "service/rpc/rpc_status.h"

namespace slotplanner {
namespace {

constexpr const char* kRefusalNames[] = {
    "concurrent_calls",   "queue_length",
    "queue_delay",        "memory",
    "analyses",           "unknown_caller",
    "method_not_allowed", "cluster_not_allowed"};

// From a tenth of a millisecond, a queue that is hardly one, to beyond the
// default of limits.max_queue_delay.
prometheus::Histogram::BucketBoundaries QueueDelayBuckets() {
  return {0.0001, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5};
}

// The first value of that name in the metadata that the caller sent, or empty.
std::string_view MetadataOf(const grpc::CallbackServerContext& context,
                            const char* name) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(name);
  if (found == metadata.end()) return {};
  return {found->second.data(), found->second.size()};
}

prometheus::MetricFamily GaugeFamily(const char* name, const char* help,
                                     double value) {
  prometheus::ClientMetric metric;
  metric.gauge.value = value;
  return {.name = name,
          .help = help,
          .type = prometheus::MetricType::Gauge,
          .metric = {metric}};
}

}  // namespace

CallGate::CallGate(const CurrentServingState* state, int worker_threads,
                   CallLog* log, prometheus::Registry& metrics,
                   EndConnection end_connection)
    : state_(state),
      log_(log),
      end_connection_(std::move(end_connection)),
      metrics_(metrics),
      queue_delay_(prometheus::BuildHistogram()
                       .Name("slotplanner_queue_delay_seconds")
                       .Help("How long large calls waited for a worker "
                             "thread.")
                       .Register(metrics)
                       .Add({}, QueueDelayBuckets())),
      queue_(worker_threads) {
  auto& family =
      prometheus::BuildCounter()
          .Name("slotplanner_refused_calls_total")
          .Help("Calls refused before they were worked on, by reason.")
          .Register(metrics);
  for (size_t i = 0; i < kRefusalCount; ++i) {
    refused_[i] = &family.Add({{"reason", kRefusalNames[i]}});
  }
}

const CallerRule* CallGate::Identify(const grpc::CallbackServerContext& context,
                                     const Callers& callers) {
  const std::vector<std::string> identities =
      CallerIdentities(*context.auth_context());
  const std::vector<std::string_view> views(identities.begin(),
                                            identities.end());
  const CallerRule* const caller = callers.Identify(
      views, BearerTokenOf(MetadataOf(context, "authorization")));
  if (caller == nullptr) Count(Refusal::kUnknownCaller);
  return caller;
}

BegunCall CallGate::CountBegun(const grpc::CallbackServerContext& context) {
  if (begun_calls_.fetch_add(1, std::memory_order_relaxed) %
          UnansweredCalls::kSampling !=
      0) {
    return BegunCall::kNotCounted;
  }
  const std::string peer = context.peer();
  // Connections to a Unix-domain socket have no names to tell them apart.
  if (absl::StartsWith(peer, "unix:")) return BegunCall::kNotCounted;
  const auto verdict = unanswered_.Begin(peer, absl::Now());
  if (verdict == UnansweredCalls::Verdict::kReachedMax && end_connection_) {
    end_connection_(peer);
  }
  return verdict == UnansweredCalls::Verdict::kFine ? BegunCall::kCounted
                                                    : BegunCall::kOfFlood;
}

CallAccess CallGate::Admit(const grpc::CallbackServerContext& context,
                           std::string_view method) {
  CallAccess access{.state = state_->Get()};
  access.begun = CountBegun(context);
  if (access.begun == BegunCall::kOfFlood) {
    access.error = OverloadedError(
        "calls of one connection within a second that were not answered",
        UnansweredCalls::kMaxCalls);
    return access;
  }
  const Callers& callers = *access.state->callers;
  if (callers.is_open()) return access;

  access.caller = Identify(context, callers);
  if (access.caller == nullptr) {
    access.error = UnknownCallerError();
    return access;
  }
  CountCaller(access.caller->name);
  if (!MayCall(*access.caller, method)) {
    Count(Refusal::kMethodNotAllowed);
    access.error = NotAllowedError(access.caller->name, "method", method);
  }
  return access;
}

grpc::Status CallGate::CheckHealthCaller(
    const grpc::CallbackServerContext& context) {
  CountBegun(context);
  const auto state = state_->Get();
  if (state->open_health || state->callers->is_open() ||
      Identify(context, *state->callers) != nullptr) {
    return grpc::Status::OK;
  }
  return ToGrpcStatus(UnknownCallerError(), RequestIdOf(context));
}

ClusterOrError CallGate::FindCluster(const CallAccess& access,
                                     std::string_view name) {
  ServedCluster* const cluster = access.state->FindCluster(name);
  if (access.caller != nullptr &&
      !MayUse(*access.caller, cluster == nullptr ? name : cluster->name)) {
    Count(Refusal::kClusterNotAllowed);
    return {.error = NotAllowedError(access.caller->name, "cluster", name)};
  }
  if (cluster == nullptr) return {.error = UnknownClusterError(name)};
  return {.cluster = cluster};
}

void CallGate::CountCaller(const std::string& name) {
  const std::lock_guard lock(callers_mutex_);
  prometheus::Counter*& counter = caller_calls_[name];
  if (counter == nullptr) {
    counter = &prometheus::BuildCounter()
                   .Name("slotplanner_caller_calls_total")
                   .Help("Calls of configured callers, by their name.")
                   .Register(metrics_)
                   .Add({{"caller", name}});
  }
  counter->Increment();
}

std::optional<ApiError> CallGate::Begin(int64_t request_bytes,
                                        const CallLimits& limits) {
  const auto refusal =
      budget_.Begin(request_bytes, {.max_calls = limits.max_concurrent_calls,
                                    .max_bytes = limits.memory_quota_bytes});
  if (!refusal) return std::nullopt;
  if (*refusal == CallBudget::Refusal::kMemory) {
    Count(Refusal::kMemory);
    return OverloadedError("bytes of calls under way",
                           limits.memory_quota_bytes);
  }
  Count(Refusal::kConcurrentCalls);
  return OverloadedError("calls under way", limits.max_concurrent_calls);
}

std::optional<ApiError> CallGate::BeginAnalysis(const CallLimits& limits) {
  if (analyses_.fetch_add(1, std::memory_order_relaxed) < limits.max_analyses) {
    return std::nullopt;
  }
  EndAnalysis();
  Count(Refusal::kAnalyses);
  return OverloadedError("analyses under way", limits.max_analyses);
}

WorkQueue::Outcome CallGate::Queue(absl::AnyInvocable<void()> work,
                                   const CallLimits& limits) {
  return queue_.Add(
      [this, work = std::move(work)](absl::Duration waited) mutable {
        queue_delay_.Observe(absl::ToDoubleSeconds(waited));
        work();
      },
      {.max_length = limits.max_queued_calls,
       .max_delay = limits.max_queue_delay});
}

std::optional<ApiError> CallGate::RunOnWorker(absl::AnyInvocable<void()> work,
                                              const CallLimits& limits) {
  switch (Queue(std::move(work), limits)) {
    case WorkQueue::Outcome::kAdded:
      break;
    case WorkQueue::Outcome::kTooLong:
      Count(Refusal::kQueueLength);
      return OverloadedError("large calls that wait", limits.max_queued_calls);
    case WorkQueue::Outcome::kTooSlow:
      Count(Refusal::kQueueDelay);
      return OverloadedError("milliseconds that large calls wait",
                             absl::ToInt64Milliseconds(limits.max_queue_delay));
  }
  return std::nullopt;
}

std::vector<prometheus::MetricFamily> CallGate::Collect() const {
  return {GaugeFamily("slotplanner_calls_in_progress",
                      "Calls begun and not yet answered, watches apart.",
                      static_cast<double>(budget_.calls())),
          GaugeFamily("slotplanner_buffered_bytes",
                      "Bytes of requests and responses of the calls "
                      "under way.",
                      static_cast<double>(budget_.bytes())),
          GaugeFamily("slotplanner_memory_quota_bytes",
                      "How many buffered bytes there may be "
                      "(limits.memory_quota_bytes).",
                      static_cast<double>(
                          state_->Get()->call_limits.memory_quota_bytes)),
          GaugeFamily("slotplanner_queued_calls",
                      "Large calls that wait for a worker thread.",
                      static_cast<double>(queue_.length()))};
}

void LogCall(CallLog& log, std::string_view method, std::string_view caller,
             const grpc::CallbackServerContext& context, grpc::StatusCode code,
             absl::Duration duration) {
  const std::string request_id = RequestIdOf(context);
  log.OnCallEnded({.method = method,
                   .code = code,
                   .duration = duration,
                   .request_id = request_id,
                   .caller = caller});
}

std::string RequestIdOf(const grpc::CallbackServerContext& context) {
  return std::string(RequestIdOf(MetadataOf(context, "x-request-id"),
                                 MetadataOf(context, "traceparent")));
}

}  // namespace slotplanner
