// SPDX-License-Identifier: Apache-2.0
#include "service/answers/request_commands.h"

#include <string>

namespace slotplanner {
namespace {

constexpr auto kArgsTag = WireReader::BytesTag(v1::Command::kArgsFieldNumber);

}  // namespace

void RequestCommands::TakeRun(WireReader& reader, WireReader::Tag tag) {
  reader.TakeRun(tag,
                 [this](std::string_view bytes) { return AddUsual(bytes); });
}

bool RequestCommands::Read(WireReader& reader) {
  if (!reader.EnterMessage()) return false;
  while (true) {
    reader.TakeRun(kArgsTag,
                   [this](std::string_view arg) { return AddArg(arg); });
    const WireReader::Tag tag = reader.NextTag();
    if (tag == WireReader::kEnd) break;
    if (tag == WireReader::kGaveUp) return false;
    std::string_view arg;
    if (tag == kArgsTag) {
      if (!reader.ReadBytes(arg)) return false;
      AddArg(arg);
    } else if (std::string unknown; !reader.CopyField(tag, unknown)) {
      return false;
    }
  }
  reader.LeaveMessage();
  EndCommand();
  return true;
}

void RequestCommands::Add(const v1::Command& command) {
  for (const std::string& arg : command.args()) AddArg(arg);
  EndCommand();
}

void RequestCommands::Finish() {
  commands_.reserve(ends_.size());
  size_t begin = 0;
  for (const size_t end : ends_) {
    commands_.push_back(CommandArgs(args_).subspan(begin, end - begin));
    begin = end;
  }
}

void RequestCommands::Clear() {
  command_count_ = 0;
  argument_count_ = 0;
  args_.clear();
  ends_.clear();
  commands_.clear();
}

std::optional<ApiError> RequestCommands::Check() const {
  if (command_count_ > limits_.max_commands) {
    return TooManyError("commands", "commands", command_count_,
                        limits_.max_commands);
  }
  if (argument_count_ > limits_.max_arguments) {
    return TooManyError("commands", "arguments", argument_count_,
                        limits_.max_arguments);
  }
  return std::nullopt;
}

bool RequestCommands::AddUsual(std::string_view bytes) {
  const int64_t argument_count = argument_count_;
  const size_t args = args_.size();
  if (WireReader::TakeRun(bytes, kArgsTag, [this](std::string_view arg) {
        return AddArg(arg);
      }) == bytes.size()) {
    EndCommand();
    return true;
  }
  argument_count_ = argument_count;
  args_.resize(args);
  return false;
}

}  // namespace slotplanner
