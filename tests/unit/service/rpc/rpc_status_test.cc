// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/rpc_status.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slotplanner/rpc/v1/error_details.pb.h"

namespace slotplanner {
namespace {

rpc::v1::Status DetailsOf(const grpc::Status& status) {
  rpc::v1::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  return details;
}

TEST(ToGrpcStatusTest, IsOkWithoutAnError) {
  EXPECT_TRUE(ToGrpcStatus(std::nullopt).ok());
}

TEST(ToGrpcStatusTest, HoldsExactlyOneErrorInfoForEveryError) {
  for (const ApiError& error :
       {EmptyRequestError("keys"), TooManyError("keys", "keys", 2, 1),
        UnknownEnumValueError("grouping", 9), UnknownClusterError("x"),
        TopologyNotReadyError("x"), MalformedRequestError("Message")}) {
    const grpc::Status status = ToGrpcStatus(error);
    EXPECT_EQ(status.error_code(), error.code);
    const rpc::v1::Status details = DetailsOf(status);
    int infos = 0;
    for (const auto& any : details.details()) {
      if (any.type_url() != "type.googleapis.com/google.rpc.ErrorInfo") {
        continue;
      }
      ++infos;
      rpc::v1::ErrorInfo info;
      ASSERT_TRUE(info.ParseFromString(any.value()));
      EXPECT_EQ(info.domain(), "slotplanner");
      EXPECT_EQ("ERROR_REASON_" + info.reason(),
                v1::ErrorReason_Name(error.reason));
    }
    EXPECT_EQ(infos, 1) << error.message;
  }
}

TEST(ToGrpcStatusTest, FitsTheTrailersWhateverTheNameOfTheCluster) {
  // gRPC's default limit for metadata is 8 KiB.
  const grpc::Status status =
      ToGrpcStatus(UnknownClusterError(std::string(1 << 20, 'x')));
  EXPECT_LT(status.error_message().size() + status.error_details().size(),
            1024u);
}

TEST(ToGrpcStatusTest, CutsANameBetweenCharacters) {
  std::string name(62, 'x');
  name += "\xc3\xa9";  // One character of two bytes, across the limit of 63.
  const ApiError error = UnknownClusterError(name);
  EXPECT_EQ(error.metadata[0].second, std::string(62, 'x'));
}

}  // namespace
}  // namespace slotplanner
