// SPDX-License-Identifier: Apache-2.0
#include "bench/load/load_loop.h"

#include <algorithm>
#include <memory>

#include <grpcpp/grpcpp.h>
#include <time.h>

#include "absl/time/clock.h"
#include "bench/load/fail.h"

namespace slotplanner {
namespace {

// The clock of all latencies here.
int64_t NowNanoseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return absl::ToInt64Nanoseconds(absl::DurationFromTimespec(now));
}

// A call under way. Deletes itself when it is taken from the queue.
struct Call {
  grpc::ClientContext context;
  grpc::ByteBuffer reply;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;
  int64_t start;  // On the clock of NowNanoseconds.
};

// Starts a call whose latency counts from `start`.
void StartCall(Connections& connections, const PreparedCall& prepared,
               int64_t start, grpc::CompletionQueue& queue) {
  auto* call = new Call;
  call->start = start;
  call->reader = connections.Next().PrepareUnaryCall(
      &call->context, prepared.method, prepared.request, &queue);
  call->reader->StartCall();
  call->reader->Finish(&call->reply, &call->status, call);
}

// Takes a call that has ended; null if none has by `deadline`.
std::unique_ptr<Call> TakeCall(
    grpc::CompletionQueue& queue,
    gpr_timespec deadline = gpr_inf_future(GPR_CLOCK_MONOTONIC)) {
  void* tag = nullptr;
  bool ok = false;
  queue.AsyncNext(&tag, &ok, deadline);
  return std::unique_ptr<Call>(static_cast<Call*>(tag));
}

void RecordCall(const Call& call, Histogram& latency) {
  if (!call.status.ok()) Fail("a call failed: ", call.status.error_message());
  latency.Record(NowNanoseconds() - call.start);
}

}  // namespace

Connections::Connections(const std::string& address, int count) {
  grpc::ChannelArguments arguments;
  // Without it, channels to one address share a connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < count; ++i) {
    channels.push_back(grpc::CreateCustomChannel(
        address, grpc::InsecureChannelCredentials(), arguments));
    channels.back()->GetState(/*try_to_connect=*/true);
    stubs_.emplace_back(channels.back());
  }
  for (const auto& channel : channels) {
    if (!channel->WaitForConnected(std::chrono::system_clock::now() +
                                   std::chrono::seconds(30))) {
      Fail("cannot connect to ", address);
    }
  }
}

grpc::GenericStub& Connections::Next() {
  next_ = next_ + 1 < stubs_.size() ? next_ + 1 : 0;
  return stubs_[next_];
}

LoopResult RunClosedLoop(Connections& connections, const PreparedCall& call,
                         int in_flight, int64_t calls) {
  LoopResult result;
  grpc::CompletionQueue queue;
  const int64_t begin = NowNanoseconds();
  const int64_t at_once = std::min<int64_t>(in_flight, calls);
  for (int64_t i = 0; i < at_once; ++i) {
    StartCall(connections, call, NowNanoseconds(), queue);
  }
  for (int64_t i = 0; i < calls; ++i) {
    RecordCall(*TakeCall(queue), result.latency);
    if (i + at_once < calls) {
      StartCall(connections, call, NowNanoseconds(), queue);
    }
  }
  result.elapsed = absl::Nanoseconds(NowNanoseconds() - begin);
  return result;
}

LoopResult RunOpenLoop(Connections& connections, const PreparedCall& call,
                       double calls_per_second, int64_t calls) {
  LoopResult result;
  grpc::CompletionQueue queue;
  const double interval = 1e9 / calls_per_second;
  const int64_t begin = NowNanoseconds();
  const auto start_of = [&](int64_t call_index) {
    return begin +
           static_cast<int64_t>(interval * static_cast<double>(call_index));
  };
  // Never sleeps: gRPC wakes up to a millisecond late.
  for (int64_t started = 0; result.latency.count() < calls;) {
    while (started < calls && start_of(started) <= NowNanoseconds()) {
      StartCall(connections, call, start_of(started++), queue);
    }
    const auto done = TakeCall(queue, gpr_inf_past(GPR_CLOCK_MONOTONIC));
    if (done != nullptr) RecordCall(*done, result.latency);
  }
  result.elapsed = absl::Nanoseconds(NowNanoseconds() - begin);
  return result;
}

std::optional<std::string> TryCall(Connections& connections,
                                   const PreparedCall& call) {
  grpc::CompletionQueue queue;
  StartCall(connections, call, NowNanoseconds(), queue);
  const std::unique_ptr<Call> done = TakeCall(queue);
  if (!done->status.ok()) return std::nullopt;
  std::vector<grpc::Slice> slices;
  if (!done->reply.Dump(&slices).ok()) return std::nullopt;
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

}  // namespace slotplanner
