// SPDX-License-Identifier: Apache-2.0
// Large requests are read in place; protobuf's own parser says what is right.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "slotplanner/v1/advisor_service.pb.h"
#include "slotplanner/v1/slot_planner_service.pb.h"

#include "service/answers/analyze_workload_input.h"
#include "service/answers/group_keys_input.h"
#include "service/answers/plan_batch_input.h"
#include "service/slots/hash_slot.h"

namespace slotplanner {

// How bytes were read in place.
enum class ReadInPlace {
  kAsProtobuf,  // They are what protobuf says that they are.
  kGaveUp,
  kWrong,  // Anything else.
};

// All of `message` but the field of that number, in bytes.
template <typename Message>
std::string BytesWithout(int field, Message message) {
  const auto* descriptor = Message::descriptor()->FindFieldByNumber(field);
  message.GetReflection()->ClearField(&message, descriptor);
  return message.SerializeAsString();
}

// Reads `bytes`, which come in pieces of `piece_size`.
inline ReadInPlace ReadGroupKeysInPlace(const std::string& bytes,
                                        int piece_size) {
  GroupKeysInput input({});
  google::protobuf::io::ArrayInputStream stream(
      bytes.data(), static_cast<int>(bytes.size()), piece_size);
  if (!input.Read(stream, bytes.size())) return ReadInPlace::kGaveUp;

  v1::GroupKeysRequest expected;
  if (!expected.ParseFromString(bytes)) return ReadInPlace::kWrong;
  std::vector<HashSlot> slots;
  for (const std::string& key : expected.keys()) {
    slots.push_back(HashSlot::OfKey(key));
  }
  const bool is_same =
      input.key_count() == expected.keys_size() &&
      std::ranges::equal(input.slots(), slots) &&
      input.settings().SerializeAsString() ==
          BytesWithout(v1::GroupKeysRequest::kKeysFieldNumber, expected);
  return is_same ? ReadInPlace::kAsProtobuf : ReadInPlace::kWrong;
}

inline ReadInPlace ReadPlanBatchInPlace(const std::string& bytes,
                                        int piece_size) {
  PlanBatchInput input({});
  google::protobuf::io::ArrayInputStream stream(
      bytes.data(), static_cast<int>(bytes.size()), piece_size);
  if (!input.Read(stream, bytes.size())) return ReadInPlace::kGaveUp;

  v1::PlanBatchRequest expected;
  if (!expected.ParseFromString(bytes)) return ReadInPlace::kWrong;
  int64_t argument_count = 0;
  bool is_same =
      input.command_count() == expected.commands_size() &&
      input.settings().SerializeAsString() ==
          BytesWithout(v1::PlanBatchRequest::kCommandsFieldNumber, expected);
  for (int i = 0; is_same && i < expected.commands_size(); ++i) {
    const auto& args = expected.commands(i).args();
    is_same = std::ranges::equal(
        input.commands()[static_cast<size_t>(i)],
        std::vector<std::string_view>(args.begin(), args.end()));
    argument_count += args.size();
  }
  is_same = is_same && input.argument_count() == argument_count;
  return is_same ? ReadInPlace::kAsProtobuf : ReadInPlace::kWrong;
}

inline ReadInPlace ReadAnalyzeWorkloadInPlace(const std::string& bytes,
                                              int piece_size) {
  AnalyzeWorkloadInput input({});
  google::protobuf::io::ArrayInputStream stream(
      bytes.data(), static_cast<int>(bytes.size()), piece_size);
  if (!input.Read(stream, bytes.size())) return ReadInPlace::kGaveUp;

  v1::AnalyzeWorkloadRequest expected;
  if (!expected.ParseFromString(bytes)) return ReadInPlace::kWrong;
  bool is_same = input.commands().size() ==
                     static_cast<size_t>(expected.commands_size()) &&
                 input.settings().SerializeAsString() ==
                     expected.settings().SerializeAsString();
  for (int i = 0; is_same && i < expected.commands_size(); ++i) {
    const auto& args = expected.commands(i).args();
    is_same = std::ranges::equal(
        input.commands()[static_cast<size_t>(i)],
        std::vector<std::string_view>(args.begin(), args.end()));
  }
  return is_same ? ReadInPlace::kAsProtobuf : ReadInPlace::kWrong;
}

}  // namespace slotplanner
