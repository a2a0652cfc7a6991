// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <grpcpp/support/status.h>

#include "absl/time/time.h"
#include "bench/load/histogram.h"

namespace slotplanner::robustness {

// What became of calls. Not thread-safe.
class CallOutcomes {
 public:
  // A call is over that took so long.
  void TakeOk(absl::Duration latency);
  void TakeFailure(const grpc::Status& status);
  // An answer that is none.
  void TakeWrongAnswer();
  // A call was due, but not made.
  void TakeLeftOut() { ++left_out_; }

  // As fields of a JSON object: `ok`, `failed`, and `failures`, which counts
  // them by gRPC's code and the server's reason, as in
  // RESOURCE_EXHAUSTED/OVERLOADED; `without_retry_info` are those of them that
  // have these codes but do not say when to call again; `latency_ms` is that of
  // the good ones. `left_out` are none of these.
  std::string ToJsonFields() const;

 private:
  int64_t failed() const;

  Histogram latency_;
  absl::Duration max_latency_;
  std::map<std::string, int64_t> failures_;
  int64_t without_retry_info_ = 0;
  int64_t left_out_ = 0;
  std::vector<std::string> messages_;  // Of some of the failures.
};

}  // namespace slotplanner::robustness
