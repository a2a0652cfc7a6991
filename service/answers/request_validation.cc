// SPDX-License-Identifier: Apache-2.0
#include "service/answers/request_validation.h"

namespace slotplanner {

std::optional<ApiError> Validate(const GroupKeysInput& input,
                                 const RequestLimits& limits) {
  if (input.key_count() == 0) return EmptyRequestError("keys");
  if (input.key_count() > limits.max_keys) {
    return TooManyError("keys", "keys", input.key_count(), limits.max_keys);
  }
  const v1::GroupKeysRequest& settings = input.settings();
  if (!v1::Grouping_IsValid(settings.grouping())) {
    return UnknownEnumValueError("grouping", settings.grouping());
  }
  if (!v1::ReadPreference_IsValid(settings.read_preference())) {
    return UnknownEnumValueError("read_preference", settings.read_preference());
  }
  return std::nullopt;
}

std::optional<ApiError> Validate(const PlanBatchInput& input,
                                 const RequestLimits& /*limits*/) {
  if (input.command_count() == 0) return EmptyRequestError("commands");
  if (auto error = input.CheckSize()) return error;
  const v1::PlanBatchRequest& settings = input.settings();
  if (!v1::ReadPreference_IsValid(settings.read_preference())) {
    return UnknownEnumValueError("read_preference", settings.read_preference());
  }
  if (!v1::SplitPolicy_IsValid(settings.split_policy())) {
    return UnknownEnumValueError("split_policy", settings.split_policy());
  }
  return std::nullopt;
}

}  // namespace slotplanner
