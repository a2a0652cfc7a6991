// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/robustness/call_load/call_loop.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "absl/time/clock.h"
#include "bench/load/lab.h"
#include "bench/load/load_loop.h"

namespace slotplanner::robustness {
namespace {

// A call under way. Deletes itself when it is taken from the queue.
struct Call {
  const ApiCall* call;
  absl::Time start;
  grpc::ClientContext context;
  grpc::ByteBuffer reply;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;
};

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

std::vector<grpc::GenericStub> Connect(const CallLoopOptions& options) {
  grpc::ChannelArguments arguments;
  // Without it, channels to one address share a connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  if (!options.service_config.empty()) {
    arguments.SetServiceConfigJSON(options.service_config);
  }
  std::vector<grpc::GenericStub> stubs;
  stubs.reserve(static_cast<size_t>(options.connections));
  for (int i = 0; i < options.connections; ++i) {
    stubs.emplace_back(grpc::CreateCustomChannel(
        options.target, grpc::InsecureChannelCredentials(), arguments));
  }
  return stubs;
}

class Loop {
 public:
  explicit Loop(const CallLoopOptions& options)
      : options_(options), stubs_(Connect(options)) {
    for (const ApiCall& call : options_.calls) {
      prepared_.push_back(Prepare(call));
    }
  }

  CallOutcomes Run(const std::function<bool(const CallOutcomes&)>& on_second) {
    const absl::Time begin = absl::Now();
    absl::Time end = begin + options_.duration;
    absl::Time next_second = begin + absl::Seconds(1);
    for (absl::Time now = begin; now < end || under_way_ > 0;
         now = absl::Now()) {
      if (now >= next_second) {
        next_second += absl::Seconds(1);
        if (!on_second(outcomes_)) end = std::min(end, now);
      }
      absl::Time wake_up = next_second;
      if (now < end) wake_up = std::min({wake_up, end, StartWhatIsDue(begin)});
      TakeOne(wake_up);
    }
    return std::move(outcomes_);
  }

 private:
  // Returns when the next one is due.
  absl::Time StartWhatIsDue(absl::Time begin) {
    if (options_.rate == 0) {
      while (under_way_ < options_.in_flight) Start(absl::Now());
      return absl::InfiniteFuture();
    }
    const absl::Time due =
        begin + absl::Seconds(static_cast<double>(started_) / options_.rate);
    const absl::Time now = absl::Now();
    if (due > now) return due;
    if (under_way_ < options_.max_in_flight) {
      Start(due);
    } else {
      ++started_;
      outcomes_.TakeLeftOut();
    }
    return now;
  }

  // The latency counts from `start`.
  void Start(absl::Time start) {
    const size_t call_number = started_ % prepared_.size();
    grpc::GenericStub& stub = stubs_[started_ % stubs_.size()];
    ++started_;
    ++under_way_;
    auto* const call = new Call;
    call->call = &options_.calls[call_number];
    call->start = start;
    call->context.set_deadline(
        absl::ToChronoTime(absl::Now() + options_.timeout));
    call->reader =
        stub.PrepareUnaryCall(&call->context, prepared_[call_number].method,
                              prepared_[call_number].request, &queue_);
    call->reader->StartCall();
    call->reader->Finish(&call->reply, &call->status, call);
  }

  // Waits until one has ended, but no longer than until `wake_up`.
  void TakeOne(absl::Time wake_up) {
    void* tag = nullptr;
    bool ok = false;
    if (queue_.AsyncNext(&tag, &ok, absl::ToChronoTime(wake_up)) !=
        grpc::CompletionQueue::GOT_EVENT) {
      return;
    }
    --under_way_;
    const std::unique_ptr<Call> call(static_cast<Call*>(tag));
    if (!call->status.ok()) {
      outcomes_.TakeFailure(call->status);
    } else if (options_.checks_answers &&
               !call->call->is_answer(BytesOf(call->reply))) {
      outcomes_.TakeWrongAnswer();
    } else {
      outcomes_.TakeOk(absl::Now() - call->start);
    }
  }

  const CallLoopOptions& options_;
  std::vector<grpc::GenericStub> stubs_;
  std::vector<PreparedCall> prepared_;
  grpc::CompletionQueue queue_;
  CallOutcomes outcomes_;
  size_t started_ = 0;  // Those that were left out, too.
  int under_way_ = 0;
};

}  // namespace

CallOutcomes RunCallLoop(
    const CallLoopOptions& options,
    const std::function<bool(const CallOutcomes&)>& on_second) {
  return Loop(options).Run(on_second);
}

}  // namespace slotplanner::robustness
