// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/io/zero_copy_stream.h>

#include "slotplanner/v1/advisor_service.pb.h"
#include "slotplanner/v1/slot_planner_service.pb.h"

#include "service/answers/request_limits.h"
#include "service/commands/command_keys.h"

namespace slotplanner {

class WireReader;

// A request that has `commands`, with their arguments as views into its bytes:
// 16 bytes an argument and 24 a command.
//
// Make one, then call one of `Read`, `ReadAsMessage` and `Take`; after a `Read`
// that returned false, `ReadAsMessage` of the same bytes.
template <typename Request>
class CommandsInput {
 public:
  using Message = Request;

  // Commands and arguments beyond the limits are counted but not kept.
  explicit CommandsInput(const RequestLimits& limits) : limits_(limits) {}
  CommandsInput(const CommandsInput&) = delete;
  CommandsInput& operator=(const CommandsInput&) = delete;

  // Reads the `size` bytes of `bytes` in place (see `WireReader`). False: they
  // are no request, or one in an unusual form. Requires: what the stream gives
  // outlives this.
  bool Read(google::protobuf::io::ZeroCopyInputStream& bytes, size_t size);

  // Reads them by protobuf's own parser. False: they are no request, or more
  // than `WireReader::kMaxUnusualSize`.
  bool ReadAsMessage(google::protobuf::io::ZeroCopyInputStream& bytes,
                     size_t size);

  // Requires: `request` outlives this.
  void Take(const Request& request);

  // The request, where `commands` may be left out.
  const Request& settings() const { return *settings_; }

  int64_t command_count() const { return command_count_; }

  // Arguments of all commands together, their names included.
  int64_t argument_count() const { return argument_count_; }

  // The commands, in their order. Requires: they are within the limits.
  std::span<const CommandArgs> commands() const { return commands_; }

 private:
  // Adds a command that lies in one piece and is nothing but arguments of up to
  // 16383 bytes. False: it is not of that kind.
  bool AddCommand(std::string_view bytes);
  // Adds the command that the reader stands before. False: the reader gave up.
  bool ReadCommand(WireReader& reader);
  bool AddArg(std::string_view arg) {
    if (argument_count_++ < limits_.max_arguments) args_.push_back(arg);
    return true;
  }
  void EndCommand() {
    if (command_count_++ < limits_.max_commands) ends_.push_back(args_.size());
  }
  // Once all commands have ended: makes `commands_`.
  void Finish();

  const RequestLimits limits_;
  Request message_;
  const Request* settings_ = &message_;
  int64_t command_count_ = 0;
  int64_t argument_count_ = 0;
  std::vector<std::string_view> args_;  // Of all commands.
  std::vector<size_t> ends_;            // Of each command in `args_`.
  std::vector<CommandArgs> commands_;
  std::deque<std::string> pieced_together_;
};

extern template class CommandsInput<v1::PlanBatchRequest>;
extern template class CommandsInput<v1::AnalyzeWorkloadRequest>;

using PlanBatchInput = CommandsInput<v1::PlanBatchRequest>;
using AnalyzeWorkloadInput = CommandsInput<v1::AnalyzeWorkloadRequest>;

}  // namespace slotplanner
