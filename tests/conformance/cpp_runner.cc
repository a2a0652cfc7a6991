// SPDX-License-Identifier: Apache-2.0
// The conformance runner of the C++ client: requests as lines of JSON on
// standard input, an answer each on standard output.
// tests/conformance/README.md says what they hold.
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cpp/batch_runner.h"
#include "client/cpp/slot_planner_client.h"
#include "service/slots/hash_slot.h"
#include "service/slots/hash_tag.h"
#include "tests/conformance/json_lines.h"

namespace slotplanner {
namespace {

using google::protobuf::ListValue;
using google::protobuf::Struct;
using google::protobuf::Value;

Struct ErrorOf(const absl::Status& status) {
  Struct error;
  auto& fields = *error.mutable_fields();
  fields["code"] = StringValue(absl::StatusCodeToString(status.code()));
  fields["message"] = StringValue(std::string(status.message()));
  return error;
}

Value ReplyValue(const RespValue& reply) {
  Value value;
  auto& fields = *value.mutable_struct_value()->mutable_fields();
  switch (reply.type) {
    case RespValue::Type::kNil:
      value.set_null_value(google::protobuf::NULL_VALUE);
      break;
    case RespValue::Type::kString:
    case RespValue::Type::kStatus:
      fields["string"] = StringValue(reply.text);
      break;
    case RespValue::Type::kError:
      fields["error"] = StringValue(reply.text);
      break;
    case RespValue::Type::kInteger:
      fields["integer"] = StringValue(absl::StrCat(reply.integer));
      break;
    case RespValue::Type::kArray: {
      ListValue& elements = *fields["array"].mutable_list_value();
      for (const RespValue& element : reply.elements) {
        *elements.add_values() = ReplyValue(element);
      }
      break;
    }
  }
  return value;
}

std::string_view NameOf(PartOutcome outcome) {
  switch (outcome) {
    case PartOutcome::kNotSent:
      return "not_sent";
    case PartOutcome::kApplied:
      return "applied";
    case PartOutcome::kFailed:
      return "failed";
    case PartOutcome::kUnknown:
      return "unknown";
  }
  return "";
}

Value PartValue(const PartResult& part) {
  Value value;
  auto& fields = *value.mutable_struct_value()->mutable_fields();
  fields["outcome"] = StringValue(NameOf(part.outcome));
  fields["node"] = StringValue(part.node);
  const bool has_reply = part.outcome == PartOutcome::kApplied ||
                         part.outcome == PartOutcome::kFailed;
  if (has_reply) {
    fields["reply"] = ReplyValue(part.reply);
  } else if (!part.cause.ok()) {
    fields["cause"] = StringValue(absl::StatusCodeToString(part.cause.code()));
  }
  if (!part.arg_indexes.empty()) {
    ListValue& indexes = *fields["arg_indexes"].mutable_list_value();
    for (const int index : part.arg_indexes) {
      *indexes.add_values() = NumberValue(index);
    }
  }
  return value;
}

Value RefusalValue(const v1::Refusal& refusal) {
  std::string json;
  Value value;
  (void)google::protobuf::util::MessageToJsonString(refusal, &json);
  (void)google::protobuf::util::JsonStringToMessage(json, &value);
  return value;
}

Value ResultValue(const CommandResult& result) {
  Value value;
  auto& fields = *value.mutable_struct_value()->mutable_fields();
  fields["reply"] = ReplyValue(result.reply);
  if (!result.parts.empty()) {
    ListValue& parts = *fields["parts"].mutable_list_value();
    for (const PartResult& part : result.parts) {
      *parts.add_values() = PartValue(part);
    }
  }
  if (result.refusal) fields["refusal"] = RefusalValue(*result.refusal);
  return value;
}

class Runner {
 public:
  explicit Runner(const std::string& target)
      : client_(MakeSlotPlannerClient({.target = target})),
        // A report that comes late is a report all the same.
        batches_(*client_, {}, {.report_timeout = absl::Seconds(10)}) {}

  Struct Answer(const Struct& request) {
    const std::string operation = StringOf(request, "op");
    if (operation == "key_slot") return KeySlots(request);
    if (operation == "execute") return Execute(request);
    Struct answer;
    *(*answer.mutable_fields())["error"].mutable_struct_value() =
        ErrorOf(absl::UnimplementedError("There is no such operation."));
    return answer;
  }

 private:
  static Struct KeySlots(const Struct& request) {
    Struct answer;
    ListValue slots;
    ListValue tags;
    for (const Value& value : ValuesOf(request, "keys")) {
      const std::string key = BytesOf(value.string_value());
      *slots.add_values() = NumberValue(HashSlot::OfKey(key).value());
      Value& tag = *tags.add_values();
      tag.set_null_value(google::protobuf::NULL_VALUE);
      if (const auto range = FindHashTag(key)) {
        ListValue& pair = *tag.mutable_list_value();
        *pair.add_values() = NumberValue(static_cast<double>(range->offset));
        *pair.add_values() = NumberValue(static_cast<double>(range->length));
      }
    }
    *(*answer.mutable_fields())["slots"].mutable_list_value() = slots;
    *(*answer.mutable_fields())["hash_tags"].mutable_list_value() = tags;
    return answer;
  }

  Struct Execute(const Struct& request) {
    const Struct options = ObjectOf(request, "options");
    const Value* const timeout = Find(options, "timeout_ms");
    const absl::Time deadline =
        absl::Now() + absl::Milliseconds(timeout == nullptr
                                             ? 10'000
                                             : timeout->number_value());
    const auto result = batches_.Run(BatchOf(request), deadline);
    Struct answer;
    auto& fields = *answer.mutable_fields();
    if (!result.ok()) {
      *fields["error"].mutable_struct_value() = ErrorOf(result.status());
      return answer;
    }
    ListValue& results = *fields["results"].mutable_list_value();
    for (const CommandResult& command : result->commands) {
      *results.add_values() = ResultValue(command);
    }
    return answer;
  }

  const std::unique_ptr<SlotPlannerClient> client_;
  BatchRunner batches_;
};

}  // namespace
}  // namespace slotplanner

int main(int argc, char** argv) {
  constexpr std::string_view kFlag = "--planner=";
  const std::string_view flag = argc == 2 ? argv[1] : "";
  if (!flag.starts_with(kFlag)) {
    std::cerr << "usage: conformance.cpp_runner --planner=HOST:PORT\n";
    return 2;
  }
  slotplanner::Runner runner(std::string(flag.substr(kFlag.size())));
  return slotplanner::ServeLines(
      [&runner](const auto& request) { return runner.Answer(request); });
}
