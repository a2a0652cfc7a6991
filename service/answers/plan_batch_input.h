// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>

#include <google/protobuf/io/zero_copy_stream.h>

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "service/answers/api_error.h"
#include "service/answers/request_commands.h"
#include "service/answers/request_limits.h"
#include "service/commands/command_keys.h"

namespace slotplanner {

// A PlanBatch request with its arguments as views into its bytes (see
// `RequestCommands`).
//
// Make one, then call one of `Read`, `ReadAsMessage` and `Take`; after a `Read`
// that returned false, `ReadAsMessage` of the same bytes.
class PlanBatchInput {
 public:
  using Message = v1::PlanBatchRequest;

  // Commands and arguments beyond the limits are counted but not kept.
  explicit PlanBatchInput(const RequestLimits& limits) : commands_(limits) {}
  PlanBatchInput(const PlanBatchInput&) = delete;
  PlanBatchInput& operator=(const PlanBatchInput&) = delete;

  // Reads the `size` bytes of `bytes` in place (see `WireReader`). False: they
  // are no request, or one in an unusual form. Requires: what the stream gives
  // outlives this.
  bool Read(google::protobuf::io::ZeroCopyInputStream& bytes, size_t size);

  // Reads them by protobuf's own parser. False: they are no request, or more
  // than `WireReader::kMaxUnusualSize`.
  bool ReadAsMessage(google::protobuf::io::ZeroCopyInputStream& bytes,
                     size_t size);

  // Requires: `request` outlives this.
  void Take(const v1::PlanBatchRequest& request);

  // The request, where `commands` may be left out.
  const v1::PlanBatchRequest& settings() const { return *settings_; }

  int64_t command_count() const { return commands_.command_count(); }

  // Arguments of all commands together, their names included.
  int64_t argument_count() const { return commands_.argument_count(); }

  // The commands, in their order. Requires: they are within the limits.
  std::span<const CommandArgs> commands() const { return commands_.commands(); }

  // TOO_MANY commands or arguments.
  std::optional<ApiError> CheckSize() const { return commands_.Check(); }

 private:
  v1::PlanBatchRequest message_;
  const v1::PlanBatchRequest* settings_ = &message_;
  RequestCommands commands_;
  std::deque<std::string> pieced_together_;
};

}  // namespace slotplanner
