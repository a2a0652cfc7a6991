// SPDX-License-Identifier: Apache-2.0
#include "service/answers/request_validation.h"

#include <gtest/gtest.h>

namespace slotplanner {
namespace {

constexpr RequestLimits kLimits = {
    .max_keys = 3, .max_commands = 2, .max_arguments = 5};

std::optional<ApiError> Check(const v1::GroupKeysRequest& request) {
  GroupKeysInput input(kLimits);
  input.Take(request);
  return Validate(input, kLimits);
}

std::optional<ApiError> Check(const v1::PlanBatchRequest& request) {
  PlanBatchInput input(kLimits);
  input.Take(request);
  return Validate(input, kLimits);
}

v1::PlanBatchRequest Batch(int commands, int args_each) {
  v1::PlanBatchRequest request;
  for (int i = 0; i < commands; ++i) {
    v1::Command& command = *request.add_commands();
    for (int j = 0; j < args_each; ++j) command.add_args("x");
  }
  return request;
}

TEST(ValidateGroupKeysTest, LetsTheLimitPassAndNoMore) {
  v1::GroupKeysRequest request;
  EXPECT_EQ(Check(request)->reason, v1::ERROR_REASON_EMPTY_REQUEST);
  for (int i = 0; i < 3; ++i) request.add_keys("k");
  EXPECT_FALSE(Check(request));
  request.add_keys("k");
  EXPECT_EQ(Check(request)->reason, v1::ERROR_REASON_TOO_MANY);
}

TEST(ValidatePlanBatchTest, LetsTheLimitsPassAndNoMore) {
  EXPECT_EQ(Check(Batch(0, 0))->reason, v1::ERROR_REASON_EMPTY_REQUEST);
  EXPECT_FALSE(Check(Batch(2, 2)));
  EXPECT_FALSE(Check(Batch(1, 5)));
  EXPECT_EQ(Check(Batch(3, 0))->reason, v1::ERROR_REASON_TOO_MANY);
  EXPECT_EQ(Check(Batch(1, 6))->reason, v1::ERROR_REASON_TOO_MANY);
  EXPECT_EQ(Check(Batch(2, 3))->reason, v1::ERROR_REASON_TOO_MANY);
}

TEST(ValidatePlanBatchTest, LetsCommandsWithoutArgumentsPass) {  // Rule D5.
  EXPECT_FALSE(Check(Batch(2, 0)));
}

TEST(ValidatePlanBatchTest, KnowsEveryEnumValueAndNoOther) {
  v1::PlanBatchRequest request = Batch(1, 1);
  for (int policy = 0; policy <= v1::SplitPolicy_MAX; ++policy) {
    request.set_split_policy(static_cast<v1::SplitPolicy>(policy));
    EXPECT_FALSE(Check(request)) << policy;
  }
  request.set_split_policy(
      static_cast<v1::SplitPolicy>(v1::SplitPolicy_MAX + 1));
  EXPECT_EQ(Check(request)->reason, v1::ERROR_REASON_UNKNOWN_ENUM_VALUE);
}

}  // namespace
}  // namespace slotplanner
