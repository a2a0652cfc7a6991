// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/analysis_call.h"

#include <chrono>
#include <utility>

#include "service/rpc/bulk_call.h"
#include "service/rpc/rpc_status.h"

namespace slotplanner {
namespace {

// How long a stream waits when no worker has room for it: about as long as a
// large message takes to be counted.
constexpr auto kRetryDelay = std::chrono::milliseconds(10);

ApiError TookTooLongError(absl::Duration max_duration) {
  const int64_t limit = absl::ToInt64Milliseconds(max_duration);
  return TooManyError("stream", "milliseconds of streaming", limit, limit);
}

ApiError CallerHasGoneError() {
  return {.code = absl::StatusCode::kCancelled,
          .reason = v1::ERROR_REASON_UNSPECIFIED,
          .message = "The caller has gone."};
}

}  // namespace

AnalysisCall::AnalysisCall(CallGate& gate, RpcMethod& method,
                           grpc::CallbackServerContext* context,
                           grpc::ByteBuffer* response,
                           std::unique_ptr<Analysis> analysis)
    : gate_(gate),
      method_(method),
      context_(context),
      response_(response),
      access_(gate.Admit(*context, method.name)),
      max_duration_(access_.state->call_limits.max_analysis_duration),
      analysis_(std::move(analysis)) {
  method_.metrics.CountStarted();
  if (const auto error = Begin()) {
    FinishWith(*error);
    return;
  }
  references_ = 2;
  time_is_up_.Set(std::chrono::system_clock::now() +
                      absl::ToChronoMilliseconds(max_duration_),
                  [this](bool is_up) { OnTimeIsUp(is_up); });
  ReadNext();
}

std::optional<ApiError> AnalysisCall::Begin() {
  if (access_.error) return access_.error;
  const CallLimits& limits = access_.state->call_limits;
  if (auto error = gate_.BeginAnalysis(limits)) return error;
  if (auto error = gate_.Begin(kMaxBytes, limits)) {
    gate_.EndAnalysis();
    return error;
  }
  is_admitted_ = true;
  return std::nullopt;
}

void AnalysisCall::ReadNext() {
  message_.Clear();
  if (!HasRunOut()) {
    // Another thread may have read, counted and ended the call by the time that
    // `StartRead` returns, perhaps this one within it.
    references_.fetch_add(1);
    StartRead(&message_);
    bool is_late = false;
    {
      const std::lock_guard lock(mutex_);
      ++begun_reads_;
      is_late = has_run_out_ && begun_reads_ > done_reads_;
    }
    if (is_late) FinishWith(TookTooLongError(max_duration_));
    Release();
  } else {
    FinishWith(TookTooLongError(max_duration_));
  }
}

void AnalysisCall::OnReadDone(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    ++done_reads_;
    if (has_finished_) return;
  }
  is_last_ = !ok;
  message_bytes_ = ok ? static_cast<int64_t>(message_.Length()) : 0;
  gate_.AddBytes(message_bytes_);
  Work();
}

void AnalysisCall::Work() {
  if (context_->IsCancelled()) {
    FinishWith(CallerHasGoneError());
  } else if (!is_last_ && HasRunOut()) {
    FinishWith(TookTooLongError(max_duration_));
  } else if (is_first_ || is_last_ || message_bytes_ >= kLargeRequestBytes) {
    WorkOnWorker();
  } else {
    CountMessage();
  }
}

void AnalysisCall::WorkOnWorker() {
  const bool is_queued = gate_.TryOnWorker(
      [this] {
        if (context_->IsCancelled()) {
          FinishWith(CallerHasGoneError());
        } else if (is_last_) {
          AnswerCaller();
        } else {
          CountMessage();
        }
      },
      access_.state->call_limits);
  if (is_queued) return;
  // A new one: the callback of the last may be what calls this.
  retry_.emplace().Set(std::chrono::system_clock::now() + kRetryDelay,
                       [this](bool) { Work(); });
}

void AnalysisCall::CountMessage() {
  is_first_ = false;
  const auto error = analysis_->Add(access_, message_);
  gate_.RemoveBytes(message_bytes_);
  message_bytes_ = 0;
  if (error) {
    FinishWith(*error);
  } else {
    ReadNext();
  }
}

void AnalysisCall::AnswerCaller() {
  grpc::ByteBuffer response;
  if (const auto error = analysis_->Answer(access_, response)) {
    FinishWith(*error);
    return;
  }
  *response_ = response;  // The bytes are shared.
  if (TakeFinish()) End(grpc::Status::OK);
}

void AnalysisCall::OnTimeIsUp(bool is_up) {
  if (is_up) {
    bool is_reading = false;
    {
      const std::lock_guard lock(mutex_);
      has_run_out_ = true;
      is_reading = begun_reads_ > done_reads_;
    }
    // Else whoever is to read next ends it.
    if (is_reading) FinishWith(TookTooLongError(max_duration_));
  }
  Release();
}

bool AnalysisCall::HasRunOut() {
  const std::lock_guard lock(mutex_);
  return has_run_out_;
}

bool AnalysisCall::TakeFinish() {
  const std::lock_guard lock(mutex_);
  return !std::exchange(has_finished_, true);
}

void AnalysisCall::FinishWith(const ApiError& error) {
  if (TakeFinish()) End(ToGrpcStatus(error, RequestIdOf(*context_)));
}

void AnalysisCall::End(const grpc::Status& status) {
  const absl::Duration duration = absl::Now() - start_;
  method_.metrics.CountHandled(status.error_code(), duration);
  if (CallLog* const log = gate_.call_log()) {
    const std::string_view caller =
        access_.caller == nullptr ? std::string_view() : access_.caller->name;
    LogCall(*log, method_.name, caller, *context_, status.error_code(),
            duration);
  }
  Finish(status);
}

void AnalysisCall::OnDone() {
  gate_.CountEnded(*context_, access_.begun);
  if (is_admitted_) {
    gate_.End(kMaxBytes + message_bytes_);
    gate_.EndAnalysis();
    time_is_up_.Cancel();
  }
  // What the server owns may go as soon as all calls are done; `OnTimeIsUp` may
  // come later.
  analysis_.reset();
  access_.state.reset();
  Release();
}

void AnalysisCall::Release() {
  if (references_.fetch_sub(1) == 1) delete this;
}

}  // namespace slotplanner
