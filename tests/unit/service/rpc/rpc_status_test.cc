// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/rpc_status.h"

#include <gtest/gtest.h>

namespace slotplanner {
namespace {

TEST(ToGrpcStatusTest, IsOkWithoutAnError) {
  EXPECT_TRUE(ToGrpcStatus(std::nullopt).ok());
}

TEST(ToGrpcStatusTest, HasCodeMessageAndDetails) {
  const ApiError error = UnknownClusterError("orders");
  const grpc::Status status = ToGrpcStatus(error);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), error.message);
  rpc::v1::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.SerializeAsString(), ToMessage(error).SerializeAsString());
}

}  // namespace
}  // namespace slotplanner
