// SPDX-License-Identifier: Apache-2.0
#include "service/answers/plan_batch_input.h"

#include "service/answers/wire_reader.h"

namespace slotplanner {
namespace {

constexpr auto kCommandsTag =
    WireReader::BytesTag(v1::PlanBatchRequest::kCommandsFieldNumber);

}  // namespace

bool PlanBatchInput::Read(google::protobuf::io::ZeroCopyInputStream& bytes,
                          size_t size) {
  WireReader reader(bytes, size, pieced_together_);
  std::string all_but_commands;
  while (true) {
    commands_.TakeRun(reader, kCommandsTag);
    const WireReader::Tag tag = reader.NextTag();
    if (tag == WireReader::kEnd) break;
    if (tag == WireReader::kGaveUp) return false;
    if (tag == kCommandsTag) {
      if (!commands_.Read(reader)) return false;
    } else if (!reader.CopyField(tag, all_but_commands)) {
      return false;
    }
  }
  commands_.Finish();
  return message_.ParseFromString(all_but_commands);
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
  commands_.Clear();
  for (const v1::Command& command : request.commands()) commands_.Add(command);
  commands_.Finish();
}

}  // namespace slotplanner
