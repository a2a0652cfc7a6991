// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/differential/runner_protocol.h"

#include <array>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace slotplanner::differential {
namespace {

using google::protobuf::ListValue;
using google::protobuf::Struct;
using google::protobuf::Value;

absl::Status NotProtocol(const std::string& what) {
  return absl::InternalError(
      absl::StrCat("The runner's answer has no ", what, "."));
}

// The UTF-8 text whose characters have the values of the bytes.
std::string TextOfBytes(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text.push_back(c);
    } else {
      text.push_back(static_cast<char>(0xC0 | (byte >> 6)));
      text.push_back(static_cast<char>(0x80 | (byte & 0x3F)));
    }
  }
  return text;
}

// The opposite; nothing when a character is no byte.
std::optional<std::string> BytesOfText(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      bytes.push_back(text[i]);
    } else if ((lead == 0xC2 || lead == 0xC3) && i + 1 < text.size()) {
      const auto next = static_cast<unsigned char>(text[++i]);
      bytes.push_back(static_cast<char>((lead << 6) | (next & 0x3F)));
    } else {
      return std::nullopt;
    }
  }
  return bytes;
}

std::string ToJson(const google::protobuf::Message& message) {
  std::string json;
  (void)google::protobuf::util::MessageToJsonString(message, &json);
  return json;
}

const Value* Find(const Struct& object, const std::string& name) {
  const auto found = object.fields().find(name);
  return found == object.fields().end() ? nullptr : &found->second;
}

// The elements of an array that may be left out where it is empty.
absl::StatusOr<ListValue> ListIn(const Struct& object,
                                 const std::string& name) {
  const Value* const value = Find(object, name);
  if (value == nullptr) return ListValue();
  if (!value->has_list_value()) return NotProtocol(name + " that is an array");
  return value->list_value();
}

absl::StatusOr<RespValue> ParseReply(const Value& value) {
  if (value.has_null_value()) return RespValue::Nil();
  if (!value.has_struct_value() || value.struct_value().fields().size() != 1) {
    return NotProtocol("reply of a known kind");
  }
  const auto& [kind, content] = *value.struct_value().fields().begin();
  if (kind == "array" && content.has_list_value()) {
    std::vector<RespValue> elements;
    for (const Value& element : content.list_value().values()) {
      auto reply = ParseReply(element);
      if (!reply.ok()) return reply.status();
      elements.push_back(*std::move(reply));
    }
    return RespValue::Array(std::move(elements));
  }
  if (!content.has_string_value()) return NotProtocol("reply of a known kind");
  if (int64_t integer = 0; kind == "integer") {
    if (!absl::SimpleAtoi(content.string_value(), &integer)) {
      return NotProtocol("integer in decimal");
    }
    return RespValue::Integer(integer);
  }
  auto bytes = BytesOfText(content.string_value());
  if (!bytes) return NotProtocol("text of bytes");
  if (kind == "string") return RespValue::String(*std::move(bytes));
  if (kind == "error") return RespValue::Error(*std::move(bytes));
  return NotProtocol("reply of a known kind");
}

constexpr std::array<std::pair<std::string_view, PartOutcome>, 4> kOutcomes = {
    {{"not_sent", PartOutcome::kNotSent},
     {"applied", PartOutcome::kApplied},
     {"failed", PartOutcome::kFailed},
     {"unknown", PartOutcome::kUnknown}}};

std::optional<PartOutcome> FindOutcome(std::string_view name) {
  for (const auto& [text, outcome] : kOutcomes) {
    if (text == name) return outcome;
  }
  return std::nullopt;
}

// By gRPC's name of it; UNKNOWN for what is none.
absl::StatusCode ParseCode(std::string_view name) {
  for (int code = 1; code <= 16; ++code) {
    const auto status_code = static_cast<absl::StatusCode>(code);
    if (absl::StatusCodeToString(status_code) == name) return status_code;
  }
  return absl::StatusCode::kUnknown;
}

absl::StatusOr<PartResult> ParsePart(const Value& value) {
  const Struct& object = value.struct_value();
  const Value* const outcome = Find(object, "outcome");
  const auto known =
      outcome == nullptr ? std::nullopt : FindOutcome(outcome->string_value());
  if (!known) return NotProtocol("outcome of a part");
  PartResult part;
  part.outcome = *known;
  if (const Value* const node = Find(object, "node")) {
    part.node = node->string_value();
  }
  const bool has_reply = part.outcome == PartOutcome::kApplied ||
                         part.outcome == PartOutcome::kFailed;
  const Value* const reply = Find(object, "reply");
  if (has_reply != (reply != nullptr)) {
    return NotProtocol("reply of a part exactly where it has one");
  }
  if (reply != nullptr) {
    auto parsed = ParseReply(*reply);
    if (!parsed.ok()) return parsed.status();
    part.reply = *std::move(parsed);
    if (part.reply.is_error() != (part.outcome == PartOutcome::kFailed)) {
      return NotProtocol("outcome that fits the reply of a part");
    }
  }
  if (const Value* const cause = Find(object, "cause")) {
    part.cause = absl::Status(ParseCode(cause->string_value()), "");
  }
  const auto indexes = ListIn(object, "arg_indexes");
  if (!indexes.ok()) return indexes.status();
  for (const Value& index : indexes->values()) {
    part.arg_indexes.push_back(static_cast<int>(index.number_value()));
  }
  return part;
}

absl::StatusOr<CommandResult> ParseResult(const Value& value) {
  const Struct& object = value.struct_value();
  const Value* const reply = Find(object, "reply");
  if (reply == nullptr) return NotProtocol("reply to a command");
  auto parsed = ParseReply(*reply);
  if (!parsed.ok()) return parsed.status();
  CommandResult result;
  result.reply = *std::move(parsed);
  const auto parts = ListIn(object, "parts");
  if (!parts.ok()) return parts.status();
  for (const Value& entry : parts->values()) {
    auto part = ParsePart(entry);
    if (!part.ok()) return part.status();
    result.parts.push_back(*std::move(part));
  }
  if (const Value* const refusal = Find(object, "refusal")) {
    const auto status = google::protobuf::util::JsonStringToMessage(
        ToJson(*refusal), &result.refusal.emplace());
    if (!status.ok()) return NotProtocol("refusal in protobuf's JSON form");
  }
  return result;
}

}  // namespace

std::string ExecuteRequestLine(int64_t id, const v1::PlanBatchRequest& request,
                               absl::Duration timeout) {
  Struct object;
  auto& fields = *object.mutable_fields();
  fields["id"].set_number_value(static_cast<double>(id));
  fields["op"].set_string_value("execute");
  ListValue& commands = *fields["commands"].mutable_list_value();
  for (const v1::Command& command : request.commands()) {
    ListValue& args = *commands.add_values()->mutable_list_value();
    for (const std::string& arg : command.args()) {
      args.add_values()->set_string_value(TextOfBytes(arg));
    }
  }
  auto& options = *fields["options"].mutable_struct_value()->mutable_fields();
  options["timeout_ms"].set_number_value(
      static_cast<double>(absl::ToInt64Milliseconds(timeout)));
  if (request.read_preference() != v1::READ_PREFERENCE_UNSPECIFIED) {
    options["read_preference"].set_string_value(
        v1::ReadPreference_Name(request.read_preference()));
  }
  if (request.split_policy() != v1::SPLIT_POLICY_UNSPECIFIED) {
    options["split_policy"].set_string_value(
        v1::SplitPolicy_Name(request.split_policy()));
  }
  return ToJson(object);
}

absl::StatusOr<ExecutionResult> ParseExecuteAnswer(std::string_view line,
                                                   int64_t id,
                                                   int command_count) {
  Struct object;
  if (!google::protobuf::util::JsonStringToMessage(std::string(line), &object)
           .ok()) {
    return absl::InternalError("The runner's answer is no JSON object.");
  }
  const Value* const answered = Find(object, "id");
  if (answered == nullptr ||
      answered->number_value() != static_cast<double>(id)) {
    return absl::InternalError(
        absl::StrCat("The runner's answer is not for the request ", id, "."));
  }
  if (const Value* const error = Find(object, "error")) {
    const Struct& fields = error->struct_value();
    const Value* const code = Find(fields, "code");
    const Value* const message = Find(fields, "message");
    return absl::Status(
        code == nullptr ? absl::StatusCode::kUnknown
                        : ParseCode(code->string_value()),
        absl::StrCat("The runner: ",
                     message == nullptr ? "" : message->string_value()));
  }
  const auto results = ListIn(object, "results");
  if (!results.ok()) return results.status();
  if (results->values_size() != command_count) {
    return absl::InternalError(
        absl::StrCat("The runner answered ", results->values_size(),
                     " results to ", command_count, " commands."));
  }
  ExecutionResult execution;
  for (const Value& entry : results->values()) {
    auto result = ParseResult(entry);
    if (!result.ok()) return result.status();
    execution.commands.push_back(*std::move(result));
  }
  return execution;
}

}  // namespace slotplanner::differential
