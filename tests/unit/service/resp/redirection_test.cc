// SPDX-License-Identifier: Apache-2.0
#include "service/resp/redirection.h"

#include <gtest/gtest.h>

namespace slotplanner {
namespace {

const RespEndpoint kSender = {.host = "10.0.0.1", .port = 6379};

TEST(ParseRedirectionTest, ReadsMoved) {
  EXPECT_EQ(
      ParseRedirection("MOVED 3999 127.0.0.1:6381", kSender),
      (Redirection{Redirection::Kind::kMoved, 3999, {"127.0.0.1", 6381}}));
}

TEST(ParseRedirectionTest, ReadsAsk) {
  EXPECT_EQ(
      ParseRedirection("ASK 3999 node.example:6381", kSender),
      (Redirection{Redirection::Kind::kAsk, 3999, {"node.example", 6381}}));
}

// Rule G2.
TEST(ParseRedirectionTest, AnEmptyHostIsThatOfTheSender) {
  EXPECT_EQ(ParseRedirection("MOVED 3999 :6381", kSender),
            (Redirection{Redirection::Kind::kMoved, 3999, {"10.0.0.1", 6381}}));
}

TEST(ParseRedirectionTest, TheLastColonEndsAnIpv6Address) {
  EXPECT_EQ(ParseRedirection("ASK 1 fe80::1:6381", kSender),
            (Redirection{Redirection::Kind::kAsk, 1, {"fe80::1", 6381}}));
}

// Rule G2: "?" means unknown.
TEST(ParseRedirectionTest, AnUnknownHostCannotBeFollowed) {
  EXPECT_EQ(ParseRedirection("MOVED 3999 ?:6381", kSender), std::nullopt);
}

TEST(ParseRedirectionTest, OtherErrorsAreNone) {
  for (const std::string_view error :
       {"", "MOVED", "MOVED 3999", "MOVED 3999 127.0.0.1", "MOVED 1 a:0",
        "MOVED 1 a:65536", "MOVED -1 a:1", "MOVED 16384 a:1", "MOVED x a:1",
        "MOVED 1 a:port", "MOVED 1 a:1 more", "ASKING 1 a:1", "moved 1 a:1",
        "TRYAGAIN Multiple keys request", "ERR unknown"}) {
    EXPECT_EQ(ParseRedirection(error, kSender), std::nullopt) << error;
  }
}

// Rule F4.
TEST(MeansTryLaterTest, TellsByTheFirstWord) {
  for (const std::string_view error :
       {"TRYAGAIN Multiple keys request during rehashing of slot",
        "CLUSTERDOWN Hash slot not served", "LOADING", "MASTERDOWN Link"}) {
    EXPECT_TRUE(MeansTryLater(error)) << error;
  }
  for (const std::string_view error :
       {"", "MOVED 1 a:1", "READONLY You can't write", "ERR TRYAGAIN",
        "CLUSTERDOWNS", "tryagain"}) {
    EXPECT_FALSE(MeansTryLater(error)) << error;
  }
}

TEST(TellsOfTopologyTest, TellsByTheFirstWord) {
  for (const std::string_view error :
       {"MOVED 1 a:1", "ASK 1 a:1", "TRYAGAIN", "CLUSTERDOWN Hash slot"}) {
    EXPECT_TRUE(TellsOfTopology(error)) << error;
  }
  for (const std::string_view error :
       {"", "LOADING", "MASTERDOWN Link", "READONLY", "ERR MOVED"}) {
    EXPECT_FALSE(TellsOfTopology(error)) << error;
  }
}

TEST(MeansNotPrimaryTest, TellsByTheFirstWord) {
  EXPECT_TRUE(
      MeansNotPrimary("READONLY You can't write against a read only replica."));
  EXPECT_FALSE(MeansNotPrimary("ERR READONLY"));
  EXPECT_FALSE(MeansNotPrimary("TRYAGAIN"));
}

}  // namespace
}  // namespace slotplanner
