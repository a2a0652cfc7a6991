// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/rpc_status.h"

#include <gtest/gtest.h>

namespace slotplanner {
namespace {

TEST(ToGrpcStatusTest, HasCodeMessageAndDetails) {
  const ApiError error = UnknownClusterError("orders");
  const grpc::Status status = ToGrpcStatus(error);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), error.message);
  rpc::v1::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.SerializeAsString(), ToMessage(error).SerializeAsString());
}

// google.rpc.RequestInfo.
TEST(ToGrpcStatusTest, RepeatsTheIdentifierOfTheCall) {
  const grpc::Status status =
      ToGrpcStatus(UnknownClusterError("orders"), "req-1");
  rpc::v1::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  const auto& last = details.details(details.details_size() - 1);
  EXPECT_EQ(last.type_url(), "type.googleapis.com/google.rpc.RequestInfo");
  rpc::v1::RequestInfo info;
  ASSERT_TRUE(info.ParseFromString(last.value()));
  EXPECT_EQ(info.request_id(), "req-1");
}

}  // namespace
}  // namespace slotplanner
