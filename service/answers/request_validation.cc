// SPDX-License-Identifier: Apache-2.0
#include "service/answers/request_validation.h"

#include <cstdint>

namespace slotplanner {

std::optional<ApiError> Validate(const v1::GroupKeysRequest& request,
                                 const RequestLimits& limits) {
  if (request.keys().empty()) return EmptyRequestError("keys");
  if (request.keys_size() > limits.max_keys) {
    return TooManyError("keys", "keys", request.keys_size(), limits.max_keys);
  }
  if (!v1::Grouping_IsValid(request.grouping())) {
    return UnknownEnumValueError("grouping", request.grouping());
  }
  if (!v1::ReadPreference_IsValid(request.read_preference())) {
    return UnknownEnumValueError("read_preference", request.read_preference());
  }
  return std::nullopt;
}

std::optional<ApiError> Validate(const v1::PlanBatchRequest& request,
                                 const RequestLimits& limits) {
  if (request.commands().empty()) return EmptyRequestError("commands");
  if (request.commands_size() > limits.max_commands) {
    return TooManyError("commands", "commands", request.commands_size(),
                        limits.max_commands);
  }
  int64_t arguments = 0;
  for (const v1::Command& command : request.commands()) {
    arguments += command.args_size();
  }
  if (arguments > limits.max_arguments) {
    return TooManyError("commands", "arguments", arguments,
                        limits.max_arguments);
  }
  if (!v1::ReadPreference_IsValid(request.read_preference())) {
    return UnknownEnumValueError("read_preference", request.read_preference());
  }
  if (!v1::SplitPolicy_IsValid(request.split_policy())) {
    return UnknownEnumValueError("split_policy", request.split_policy());
  }
  return std::nullopt;
}

}  // namespace slotplanner
