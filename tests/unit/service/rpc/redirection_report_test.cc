// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/redirection_report.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/plan_fixture.h"

namespace slotplanner {
namespace {

TEST(ParseRedirectionReportTest, ReadsTheFourErrors) {
  const auto moved = ParseRedirectionReport("MOVED 3999 127.0.0.1:6381");
  ASSERT_TRUE(moved.has_value());
  EXPECT_EQ(moved->redirection->kind, Redirection::Kind::kMoved);
  EXPECT_EQ(moved->redirection->slot, 3999);
  const auto ask = ParseRedirectionReport("ASK 1 ::1:6381");
  ASSERT_TRUE(ask.has_value());
  EXPECT_EQ(ask->redirection->kind, Redirection::Kind::kAsk);
  for (const char* error : {"TRYAGAIN Multiple keys request during rehashing",
                            "CLUSTERDOWN The cluster is down"}) {
    const auto report = ParseRedirectionReport(error);
    ASSERT_TRUE(report.has_value()) << error;
    EXPECT_FALSE(report->redirection.has_value()) << error;
  }
}

// Rule G2: the node does not know where to; that something moved, it knows.
TEST(ParseRedirectionReportTest, TakesAnUnknownHost) {
  const auto report = ParseRedirectionReport("MOVED 3999 ?:6381");
  ASSERT_TRUE(report.has_value());
  EXPECT_FALSE(report->redirection.has_value());
}

TEST(ParseRedirectionReportTest, TakesNothingElse) {
  for (const std::string& error :
       {std::string(), std::string("MOVED"), std::string("MOVED 16384 h:1"),
        std::string("MOVED 1 h"), std::string("moved 1 h:1"),
        std::string("ERR unknown command"), std::string("LOADING"),
        "MOVED 1 " + std::string(600, 'h') + ":1"}) {
    EXPECT_FALSE(ParseRedirectionReport(error).has_value()) << error;
  }
}

TEST(IsKnownTest, ComparesWithTheTopology) {
  ClusterSnapshot snapshot = ThreeShards();
  snapshot.migrations = {{.slot = *HashSlot::FromNumber(5),
                          .source_node_id = "a",
                          .target_node_id = "b"}};
  const auto is_known = [&](const char* error) {
    return IsKnown(ParseRedirectionReport(error).value(), snapshot);
  };
  EXPECT_TRUE(is_known("MOVED 0 127.0.0.1:7000"));
  EXPECT_FALSE(is_known("MOVED 0 127.0.0.1:7001"));
  EXPECT_FALSE(is_known("MOVED 0 ?:7000"));
  EXPECT_TRUE(is_known("ASK 5 127.0.0.1:7001"));
  EXPECT_FALSE(is_known("ASK 6 127.0.0.1:7001"));
  EXPECT_FALSE(is_known("TRYAGAIN"));
  EXPECT_FALSE(is_known("CLUSTERDOWN"));
}

}  // namespace
}  // namespace slotplanner
