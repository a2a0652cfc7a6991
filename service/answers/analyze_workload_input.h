// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>

#include <google/protobuf/io/zero_copy_stream.h>

#include "slotplanner/v1/advisor_service.pb.h"

#include "service/advice/workload_counts.h"
#include "service/answers/api_error.h"
#include "service/answers/request_commands.h"
#include "service/answers/request_limits.h"
#include "service/commands/command_keys.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

// One message of an AnalyzeWorkload stream, with its arguments as views into
// its bytes. May be used for one message after the other, and then allocates
// only for messages larger than those before. Not thread-safe.
//
// Call one of `Read`, `ReadAsMessage` and `Take`; after a `Read` that returned
// false, `ReadAsMessage` of the same bytes. Then `CountInto`.
class AnalyzeWorkloadInput {
 public:
  using Message = v1::AnalyzeWorkloadRequest;

  explicit AnalyzeWorkloadInput(const RequestLimits& limits)
      : commands_(limits) {}
  AnalyzeWorkloadInput(const AnalyzeWorkloadInput&) = delete;
  AnalyzeWorkloadInput& operator=(const AnalyzeWorkloadInput&) = delete;

  // Reads the `size` bytes of `bytes` in place (see `WireReader`); they must
  // stay until the next call of these three. False: they are no request, or one
  // in an unusual form.
  bool Read(google::protobuf::io::ZeroCopyInputStream& bytes, size_t size);

  // Reads them by protobuf's own parser. False: they are no request, or more
  // than `WireReader::kMaxUnusualSize`.
  bool ReadAsMessage(google::protobuf::io::ZeroCopyInputStream& bytes,
                     size_t size);

  // Requires: `request` outlives the next call of these three.
  void Take(const v1::AnalyzeWorkloadRequest& request);

  // Those of this message; only those of a stream's first count.
  const v1::AnalysisSettings& settings() const { return *settings_; }

  // The commands, in their order. Requires: `CountInto` finds no error.
  std::span<const CommandArgs> commands() const { return commands_.commands(); }

  // Counts all of the message, or nothing if there are TOO_MANY commands or
  // arguments: the limits are those of one batch. See `WorkloadCounts::Add`. A
  // message without commands is good.
  std::optional<ApiError> CountInto(const ClusterSnapshot& snapshot,
                                    const ClusterSnapshot* what_if,
                                    WorkloadCounts& counts) const;

 private:
  void Clear();

  RequestCommands commands_;
  std::deque<std::string> pieced_together_;
  v1::AnalyzeWorkloadRequest message_;
  v1::AnalysisSettings own_settings_;  // Of a request read in place.
  const v1::AnalysisSettings* settings_ = &own_settings_;
};

}  // namespace slotplanner
