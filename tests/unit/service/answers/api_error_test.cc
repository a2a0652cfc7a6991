// SPDX-License-Identifier: Apache-2.0
#include "service/answers/api_error.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slotplanner {
namespace {

TEST(ToMessageTest, HoldsExactlyOneErrorInfoForEveryError) {
  for (const ApiError& error :
       {EmptyRequestError("keys"), TooManyError("keys", "keys", 2, 1),
        UnknownEnumValueError("grouping", 9), UnknownClusterError("x"),
        TopologyNotReadyError("x"),
        TopologyStaleError("x", absl::Hours(2), absl::Hours(1)),
        OverloadedError("watchers", 1), MalformedRequestError("Message"),
        NotARedirectionError(), StoppingError(),
        UnequalCountsError("weights", 1, "keys", 2)}) {
    const rpc::v1::Status details = ToMessage(error);
    EXPECT_EQ(details.code(), static_cast<int>(error.code));
    EXPECT_EQ(details.message(), error.message);
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

TEST(ToMessageTest, FitsTheTrailersWhateverTheNameOfTheCluster) {
  // gRPC's default limit for metadata is 8 KiB.
  const ApiError error = UnknownClusterError(std::string(1 << 20, 'x'));
  EXPECT_LT(ToMessage(error).ByteSizeLong(), 1024u);
}

TEST(ToAbslStatusTest, HasTheDetailsAsPayloads) {
  const absl::Status status = ToAbslStatus(TopologyNotReadyError("x"));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  const auto payload =
      status.GetPayload("type.googleapis.com/google.rpc.ErrorInfo");
  rpc::v1::ErrorInfo info;
  ASSERT_TRUE(payload && info.ParseFromString(std::string(*payload)));
  EXPECT_EQ(info.reason(), "TOPOLOGY_NOT_READY");
}

TEST(UnknownClusterErrorTest, CutsANameBetweenCharacters) {
  std::string name(62, 'x');
  name += "\xc3\xa9";  // One character of two bytes, across the limit of 63.
  const ApiError error = UnknownClusterError(name);
  EXPECT_EQ(error.metadata[0].second, std::string(62, 'x'));
}

}  // namespace
}  // namespace slotplanner
