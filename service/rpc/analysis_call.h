// SPDX-License-Identifier: Apache-2.0
// Runs calls whose requests are a stream that is counted.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/answers/api_error.h"
#include "service/rpc/call_gate.h"
#include "service/rpc/unary_call.h"

namespace slotplanner {

// What a stream is counted into. Used by one thread at a time.
class Analysis {
 public:
  virtual ~Analysis() = default;

  // Counts one message of the stream; the error of the call if it has one.
  virtual std::optional<ApiError> Add(const CallAccess& access,
                                      const grpc::ByteBuffer& message) = 0;

  // The answer, after the last message.
  virtual std::optional<ApiError> Answer(const CallAccess& access,
                                         grpc::ByteBuffer& response) = 0;
};

// One call from its beginning to its end. Made by `new`; deletes itself.
//
// It holds one message at a time, and reads the next when that one is counted.
// Large ones are counted by a worker thread. If all have their hands full, the
// stream waits instead of being refused: it is the caller who waits then, and
// nothing of what was counted is lost.
//
// Only `OnDone` may delete it.
// NOLINTNEXTLINE(cppcoreguidelines-virtual-class-destructor)
class AnalysisCall final : public grpc::ServerReadReactor<grpc::ByteBuffer> {
 public:
  // What the counters of a call take at most, as the memory quota counts them.
  static constexpr int64_t kMaxBytes = 12 << 20;

  // Begins, or ends with an error when `gate` does not let it in. `method` and
  // `gate` outlive the call; the pointers are good until it has ended.
  AnalysisCall(CallGate& gate, RpcMethod& method,
               grpc::CallbackServerContext* context, grpc::ByteBuffer* response,
               std::unique_ptr<Analysis> analysis);

  void OnReadDone(bool ok) override;
  void OnDone() override;

 private:
  ~AnalysisCall() override = default;

  std::optional<ApiError> Begin();
  // Counts the message that was read, or answers behind the last one; now, or
  // on a worker as soon as there is one.
  void Work();
  void WorkOnWorker();
  void CountMessage();
  void AnswerCaller();

  // Reads the next message, unless the time is up.
  void ReadNext();
  void OnTimeIsUp(bool is_up);

  // Ends the call unless it has ended.
  void FinishWith(const ApiError& error);
  // True for the one who is to call `End`; until then the call lives.
  bool TakeFinish();
  void End(const grpc::Status& status);
  bool HasRunOut();
  void Release();

  CallGate& gate_;
  RpcMethod& method_;
  grpc::CallbackServerContext* const context_;
  grpc::ByteBuffer* const response_;
  const absl::Time start_ = absl::Now();
  CallAccess access_;
  const absl::Duration max_duration_;
  std::unique_ptr<Analysis> analysis_;
  bool is_admitted_ = false;  // And counted by the gate.
  grpc::ByteBuffer message_;
  int64_t message_bytes_ = 0;  // Counted by the gate.
  bool is_first_ = true;       // It has the settings, which may be much work.
  bool is_last_ = false;       // Nothing is left to read.
  std::optional<grpc::Alarm> retry_;

  grpc::Alarm time_is_up_;

  // gRPC's, that of `time_is_up_`, and that of a thread which begins to read.
  std::atomic<int> references_ = 1;
  std::mutex mutex_;
  // Guarded by mutex_, as all below. While more reads have begun than are done,
  // the call cannot be over.
  int64_t begun_reads_ = 0;
  int64_t done_reads_ = 0;
  bool has_run_out_ = false;
  bool has_finished_ = false;
};

}  // namespace slotplanner
