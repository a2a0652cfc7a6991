// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "service/answers/api_error.h"
#include "service/answers/request_limits.h"
#include "service/answers/wire_reader.h"
#include "service/commands/command_keys.h"

namespace slotplanner {

// The field `commands` of a request, with arguments as views into its bytes: 16
// bytes an argument and 24 a command. Not thread-safe.
//
// Call `Read` and `TakeRun`, or `Add`, as often as there are commands, then
// `Finish`.
class RequestCommands {
 public:
  // Commands and arguments beyond the limits are counted but not kept.
  explicit RequestCommands(const RequestLimits& limits) : limits_(limits) {}

  // Reads the commands from here on that are in fields of this tag, lie in one
  // piece and are nothing but arguments of up to 16383 bytes (see
  // `WireReader`).
  void TakeRun(WireReader& reader, WireReader::Tag tag);

  // Reads the command that the reader stands before, of whatever form. False:
  // the reader gave up.
  bool Read(WireReader& reader);

  // Requires: `command` outlives this.
  void Add(const v1::Command& command);

  // Once all commands are there.
  void Finish();

  // Forgets all.
  void Clear();

  int64_t command_count() const { return command_count_; }

  // Arguments of all commands together, their names included.
  int64_t argument_count() const { return argument_count_; }

  // TOO_MANY of either.
  std::optional<ApiError> Check() const;

  // The commands, in their order. Requires: `Check` finds nothing.
  std::span<const CommandArgs> commands() const { return commands_; }

 private:
  // Adds a command of the kind that `TakeRun` reads. False: it is of another.
  bool AddUsual(std::string_view bytes);
  bool AddArg(std::string_view arg) {
    if (argument_count_++ < limits_.max_arguments) args_.push_back(arg);
    return true;
  }
  void EndCommand() {
    if (command_count_++ < limits_.max_commands) ends_.push_back(args_.size());
  }

  const RequestLimits limits_;
  int64_t command_count_ = 0;
  int64_t argument_count_ = 0;
  std::vector<std::string_view> args_;  // Of all commands.
  std::vector<size_t> ends_;            // Of each command in `args_`.
  std::vector<CommandArgs> commands_;
};

}  // namespace slotplanner
