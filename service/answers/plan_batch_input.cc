// SPDX-License-Identifier: Apache-2.0
#include "service/answers/plan_batch_input.h"

#include "service/answers/wire_reader.h"

namespace slotplanner {
namespace {

constexpr auto kCommandsTag =
    WireReader::BytesTag(v1::PlanBatchRequest::kCommandsFieldNumber);
constexpr auto kArgsTag = WireReader::BytesTag(v1::Command::kArgsFieldNumber);

}  // namespace

bool PlanBatchInput::Read(google::protobuf::io::ZeroCopyInputStream& bytes,
                          size_t size) {
  WireReader reader(bytes, size, pieced_together_);
  std::string all_but_commands;
  const auto add_command = [this](std::string_view command) {
    return AddCommand(command);
  };
  while (true) {
    reader.TakeRun(kCommandsTag, add_command);
    const WireReader::Tag tag = reader.NextTag();
    if (tag == WireReader::kEnd) break;
    if (tag == WireReader::kGaveUp) return false;
    if (tag == kCommandsTag) {
      if (!ReadCommand(reader)) return false;
    } else if (!reader.CopyField(tag, all_but_commands)) {
      return false;
    }
  }
  Finish();
  return message_.ParseFromString(all_but_commands);
}

bool PlanBatchInput::AddCommand(std::string_view bytes) {
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

bool PlanBatchInput::ReadCommand(WireReader& reader) {
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

bool PlanBatchInput::ReadAsMessage(
    google::protobuf::io::ZeroCopyInputStream& bytes, size_t size) {
  if (size > WireReader::kMaxUnusualSize) return false;
  if (!message_.ParseFromZeroCopyStream(&bytes)) return false;
  Take(message_);
  return true;
}

void PlanBatchInput::Take(const v1::PlanBatchRequest& request) {
  settings_ = &request;
  command_count_ = 0;
  argument_count_ = 0;
  args_.clear();
  ends_.clear();
  for (const v1::Command& command : request.commands()) {
    for (const std::string& arg : command.args()) AddArg(arg);
    EndCommand();
  }
  Finish();
}

void PlanBatchInput::Finish() {
  commands_.reserve(ends_.size());
  size_t begin = 0;
  for (const size_t end : ends_) {
    commands_.push_back(CommandArgs(args_).subspan(begin, end - begin));
    begin = end;
  }
}

}  // namespace slotplanner
