// SPDX-License-Identifier: Apache-2.0
#include "service/answers/plan_batch_input.h"

#include "service/answers/wire_reader.h"

namespace slotplanner {
namespace {

template <typename Request>
constexpr auto kCommandsTag =
    WireReader::BytesTag(Request::kCommandsFieldNumber);
constexpr auto kArgsTag = WireReader::BytesTag(v1::Command::kArgsFieldNumber);

}  // namespace

template <typename Request>
bool CommandsInput<Request>::Read(
    google::protobuf::io::ZeroCopyInputStream& bytes, size_t size) {
  WireReader reader(bytes, size, pieced_together_);
  std::string all_but_commands;
  const auto add_command = [this](std::string_view command) {
    return AddCommand(command);
  };
  while (true) {
    reader.TakeRun(kCommandsTag<Request>, add_command);
    const WireReader::Tag tag = reader.NextTag();
    if (tag == WireReader::kEnd) break;
    if (tag == WireReader::kGaveUp) return false;
    if (tag == kCommandsTag<Request>) {
      if (!ReadCommand(reader)) return false;
    } else if (!reader.CopyField(tag, all_but_commands)) {
      return false;
    }
  }
  Finish();
  return message_.ParseFromString(all_but_commands);
}

template <typename Request>
bool CommandsInput<Request>::AddCommand(std::string_view bytes) {
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

template <typename Request>
bool CommandsInput<Request>::ReadCommand(WireReader& reader) {
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

template <typename Request>
bool CommandsInput<Request>::ReadAsMessage(
    google::protobuf::io::ZeroCopyInputStream& bytes, size_t size) {
  if (size > WireReader::kMaxUnusualSize) return false;
  if (!message_.ParseFromZeroCopyStream(&bytes)) return false;
  Take(message_);
  return true;
}

template <typename Request>
void CommandsInput<Request>::Take(const Request& request) {
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

template <typename Request>
void CommandsInput<Request>::Finish() {
  commands_.reserve(ends_.size());
  size_t begin = 0;
  for (const size_t end : ends_) {
    commands_.push_back(CommandArgs(args_).subspan(begin, end - begin));
    begin = end;
  }
}

template class CommandsInput<v1::PlanBatchRequest>;
template class CommandsInput<v1::AnalyzeWorkloadRequest>;

}  // namespace slotplanner
