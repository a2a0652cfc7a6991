// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/json_lines.h"

#include <iostream>

#include <google/protobuf/util/json_util.h>

#include "slotplanner/v1/topology.pb.h"

namespace slotplanner {

using google::protobuf::Struct;
using google::protobuf::Value;

std::string BytesOf(const std::string& characters) {
  std::string bytes;
  for (size_t i = 0; i < characters.size(); ++i) {
    const auto lead = static_cast<unsigned char>(characters[i]);
    if (lead < 0x80) {
      bytes += characters[i];
    } else if (++i < characters.size()) {  // Two bytes of UTF-8, as all to FF.
      const auto trail = static_cast<unsigned char>(characters[i]);
      bytes += static_cast<char>(((lead & 0x03) << 6) | (trail & 0x3F));
    }
  }
  return bytes;
}

std::string CharactersOf(std::string_view bytes) {
  std::string characters;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      characters += c;
    } else {
      characters += static_cast<char>(0xC0 | (byte >> 6));
      characters += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return characters;
}

Value StringValue(std::string_view bytes) {
  Value value;
  value.set_string_value(CharactersOf(bytes));
  return value;
}

Value NumberValue(double number) {
  Value value;
  value.set_number_value(number);
  return value;
}

const Value* Find(const Struct& object, const std::string& name) {
  const auto found = object.fields().find(name);
  return found == object.fields().end() ? nullptr : &found->second;
}

std::string StringOf(const Struct& object, const std::string& name) {
  const Value* const value = Find(object, name);
  return value == nullptr ? "" : BytesOf(value->string_value());
}

google::protobuf::RepeatedPtrField<Value> ValuesOf(const Struct& object,
                                                   const std::string& name) {
  const Value* const value = Find(object, name);
  if (value == nullptr) return {};
  return value->list_value().values();
}

Struct ObjectOf(const Struct& object, const std::string& name) {
  const Value* const value = Find(object, name);
  return value == nullptr ? Struct() : value->struct_value();
}

v1::PlanBatchRequest BatchOf(const Struct& request) {
  const Struct options = ObjectOf(request, "options");
  v1::PlanBatchRequest batch;
  for (const Value& words : ValuesOf(request, "commands")) {
    v1::Command& command = *batch.add_commands();
    for (const Value& word : words.list_value().values()) {
      command.add_args(BytesOf(word.string_value()));
    }
  }
  batch.set_cluster(StringOf(options, "cluster"));
  batch.set_client_zone(StringOf(options, "client_zone"));
  v1::ReadPreference preference = v1::READ_PREFERENCE_UNSPECIFIED;
  if (v1::ReadPreference_Parse(StringOf(options, "read_preference"),
                               &preference)) {
    batch.set_read_preference(preference);
  }
  v1::SplitPolicy policy = v1::SPLIT_POLICY_UNSPECIFIED;
  if (v1::SplitPolicy_Parse(StringOf(options, "split_policy"), &policy)) {
    batch.set_split_policy(policy);
  }
  return batch;
}

int ServeLines(absl::FunctionRef<Struct(const Struct&)> answer_to) {
  std::string line;
  while (std::getline(std::cin, line)) {
    Struct request;
    if (!google::protobuf::util::JsonStringToMessage(line, &request).ok()) {
      std::cerr << "A line is no JSON object.\n";
      return 1;
    }
    Struct answer = answer_to(request);
    if (const Value* const id = Find(request, "id")) {
      (*answer.mutable_fields())["id"] = *id;
    }
    std::string text;
    if (!google::protobuf::util::MessageToJsonString(answer, &text).ok()) {
      std::cerr << "An answer is no JSON.\n";
      return 1;
    }
    std::cout << text << std::endl;
  }
  return 0;
}

}  // namespace slotplanner
