// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include "absl/time/time.h"
#include "bench/load/histogram.h"

namespace slotplanner {

// Connections to one server, each of its own.
class Connections {
 public:
  // Connects before it returns.
  Connections(const std::string& address, int count);

  // One after the other, round and round.
  grpc::GenericStub& Next();

 private:
  std::vector<grpc::GenericStub> stubs_;
  size_t next_ = 0;
};

// A call to be made many times. The bytes are ready to send: the loops below
// touch no message, so that the caller's work is small and always the same.
struct PreparedCall {
  std::string method;
  grpc::ByteBuffer request;
};

// What the calls of one loop took.
struct LoopResult {
  absl::Duration elapsed;
  Histogram latency;
};

// Makes `calls` calls of which `in_flight` run at a time: each one that ends
// starts the next. On the caller's thread only.
LoopResult RunClosedLoop(Connections& connections, const PreparedCall& call,
                         int in_flight, int64_t calls);

// Starts `calls` calls at a fixed rate, whether or not earlier ones have ended.
// A latency counts from the moment at which its call should have started: one
// that had to wait for a slow one before it, at the server or here, is slow
// itself, which a closed loop does not see ("coordinated omission"). Keeps the
// caller's thread busy throughout.
LoopResult RunOpenLoop(Connections& connections, const PreparedCall& call,
                       double calls_per_second, int64_t calls);

// Makes one call and returns the bytes of its reply; nothing if it failed.
std::optional<std::string> TryCall(Connections& connections,
                                   const PreparedCall& call);

}  // namespace slotplanner
