// SPDX-License-Identifier: Apache-2.0
// Requests as lines of JSON, as tests/conformance/README.md defines them.
#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/struct.pb.h>

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "absl/functional/function_ref.h"

namespace slotplanner {

// JSON has characters where we have bytes: one for each, of the same number.
std::string BytesOf(const std::string& characters);
std::string CharactersOf(std::string_view bytes);

google::protobuf::Value StringValue(std::string_view bytes);
google::protobuf::Value NumberValue(double number);

// The member of that name, or null.
const google::protobuf::Value* Find(const google::protobuf::Struct& object,
                                    const std::string& name);

// The bytes of a member; none where there is no such string.
std::string StringOf(const google::protobuf::Struct& object,
                     const std::string& name);

// The members of an array; none where there is no such array.
google::protobuf::RepeatedPtrField<google::protobuf::Value> ValuesOf(
    const google::protobuf::Struct& object, const std::string& name);

// The members of an object; none where there is no such object.
google::protobuf::Struct ObjectOf(const google::protobuf::Struct& object,
                                  const std::string& name);

// The commands and options of a request, as the planner takes them.
v1::PlanBatchRequest BatchOf(const google::protobuf::Struct& request);

// Answers each line of standard input by one on standard output, with its `id`,
// until the end. The exit code: 1 after a line that is no JSON object.
int ServeLines(
    absl::FunctionRef<google::protobuf::Struct(const google::protobuf::Struct&)>
        answer_to);

}  // namespace slotplanner
