// SPDX-License-Identifier: Apache-2.0
// See also bulk_requests_test.cc.
#include "service/answers/analyze_workload_input.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <gtest/gtest.h>

#include "tests/support/plan_fixture.h"

namespace slotplanner {
namespace {

using google::protobuf::io::ArrayInputStream;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

v1::AnalyzeWorkloadRequest Message(int commands, int args_each) {
  v1::AnalyzeWorkloadRequest request;
  for (int i = 0; i < commands; ++i) {
    v1::Command& command = *request.add_commands();
    for (int j = 0; j < args_each; ++j) command.add_args("x");
  }
  return request;
}

bool Read(const std::string& bytes, int piece_size,
          AnalyzeWorkloadInput& input) {
  ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()),
                          piece_size);
  return input.Read(stream, bytes.size());
}

TEST(AnalyzeWorkloadInputTest, ReadsOneMessageAfterTheOther) {
  v1::AnalyzeWorkloadRequest request = Message(3, 2);
  request.mutable_settings()->set_cluster("east");
  const std::string first = request.SerializeAsString();
  const std::string second = Message(1, 1).SerializeAsString();
  AnalyzeWorkloadInput input({});
  for (const int piece_size : {-1, 1, 3}) {
    ASSERT_TRUE(Read(first, piece_size, input));
    ASSERT_THAT(input.commands(), SizeIs(3));
    EXPECT_THAT(std::vector<std::string_view>(input.commands()[2].begin(),
                                              input.commands()[2].end()),
                ElementsAre("x", "x"));
    EXPECT_EQ(input.settings().cluster(), "east");
    ASSERT_TRUE(Read(second, piece_size, input));
    ASSERT_THAT(input.commands(), SizeIs(1));
    EXPECT_EQ(input.settings().cluster(), "");
    input.Take(request);
    EXPECT_THAT(input.commands(), SizeIs(3));
    EXPECT_EQ(input.settings().cluster(), "east");
  }
  ASSERT_TRUE(Read("", -1, input));
  EXPECT_THAT(input.commands(), IsEmpty());
}

TEST(AnalyzeWorkloadInputTest, ReadsLargePastedTopologies) {
  v1::AnalyzeWorkloadRequest request;
  std::string& reply =
      *request.mutable_settings()->mutable_what_if()->mutable_cluster_reply();
  AnalyzeWorkloadInput input({});
  // Larger than may be, so that it can be told what is wrong with it.
  reply.assign(1'000'000, 'x');
  ASSERT_TRUE(Read(request.SerializeAsString(), 8192, input));
  EXPECT_EQ(input.settings().what_if().cluster_reply().size(), 1'000'000u);
  reply.assign(1 << 20, 'x');
  EXPECT_FALSE(Read(request.SerializeAsString(), 8192, input));
}

TEST(AnalyzeWorkloadInputTest, StartsAnewAfterAReadThatGaveUp) {
  const std::string settings = "\x0a\x02\x18\x07";
  const std::string bytes =
      Message(2, 1).SerializeAsString() + settings + settings;
  AnalyzeWorkloadInput input({});
  ASSERT_FALSE(Read(bytes, -1, input));
  ArrayInputStream again(bytes.data(), static_cast<int>(bytes.size()));
  ASSERT_TRUE(input.ReadAsMessage(again, bytes.size()));
  EXPECT_THAT(input.commands(), SizeIs(2));
  EXPECT_EQ(input.settings().max_entries(), 7);
}

TEST(AnalyzeWorkloadInputTest, CountsAMessageWithinTheLimitsOrNothing) {
  constexpr RequestLimits kLimits = {.max_commands = 2, .max_arguments = 5};
  const ClusterSnapshot snapshot = ThreeShards();
  WorkloadCounts counts;
  const auto count = [&](const v1::AnalyzeWorkloadRequest& request) {
    AnalyzeWorkloadInput input(kLimits);
    input.Take(request);
    return input.CountInto(snapshot, nullptr, counts);
  };
  EXPECT_EQ(count(Message(3, 0))->reason, v1::ERROR_REASON_TOO_MANY);
  EXPECT_EQ(count(Message(1, 6))->reason, v1::ERROR_REASON_TOO_MANY);
  EXPECT_EQ(counts.Total().calls, 0);
  EXPECT_FALSE(count(Message(0, 0)));
  EXPECT_FALSE(count(Message(2, 2)));
  EXPECT_FALSE(count(Message(1, 5)));
  EXPECT_EQ(counts.Total().calls, 3);
}

}  // namespace
}  // namespace slotplanner
