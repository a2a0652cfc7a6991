// SPDX-License-Identifier: Apache-2.0
#include "service/topology/source_spec.h"

#include <string>
#include <string_view>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/resp/resp_endpoint.h"

namespace slotplanner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

RedisSourceSpec ParseRedis(std::string_view text) {
  const absl::StatusOr<SourceSpec> spec = ParseSourceSpec(text);
  EXPECT_TRUE(spec.ok()) << spec.status();
  return std::get<RedisSourceSpec>(*spec);
}

TEST(ParseSourceSpecTest, ReadsStaticSpecs) {
  EXPECT_EQ(
      std::get<StaticSourceSpec>(*ParseSourceSpec("static:3")).shard_count, 3);
  EXPECT_EQ(
      std::get<StaticSourceSpec>(*ParseSourceSpec("static:1000")).shard_count,
      1000);
}

TEST(ParseSourceSpecTest, ReadsSeeds) {
  const RedisSourceSpec spec =
      ParseRedis("redis://redis-0.redis:6379,10.0.0.1:7000,[::1]:7001");
  EXPECT_THAT(spec.seeds,
              ElementsAre(RespEndpoint{.host = "redis-0.redis", .port = 6379},
                          RespEndpoint{.host = "10.0.0.1", .port = 7000},
                          RespEndpoint{.host = "::1", .port = 7001}));
  EXPECT_EQ(spec.user, "");
  EXPECT_EQ(spec.password, "");
}

TEST(ParseSourceSpecTest, ReadsWhetherTlsIsWanted) {
  EXPECT_FALSE(ParseRedis("redis://h:1").tls);
  const RedisSourceSpec spec = ParseRedis("rediss://planner:sesame@h:1,i:2");
  EXPECT_TRUE(spec.tls);
  EXPECT_EQ(spec.user, "planner");
  EXPECT_THAT(spec.seeds, ElementsAre(RespEndpoint{.host = "h", .port = 1},
                                      RespEndpoint{.host = "i", .port = 2}));
  EXPECT_EQ(DescribeSourceSpec(spec), "rediss://h:1,i:2");
}

TEST(ParseSourceSpecTest, ReadsUserAndPassword) {
  const RedisSourceSpec spec = ParseRedis("redis://planner:sesame@h:1");
  EXPECT_EQ(spec.user, "planner");
  EXPECT_EQ(spec.password, "sesame");
  EXPECT_THAT(spec.seeds, ElementsAre(RespEndpoint{.host = "h", .port = 1}));
}

TEST(ParseSourceSpecTest, ReadsAPasswordWithoutAUser) {
  const RedisSourceSpec spec = ParseRedis("redis://:sesame@h:1");
  EXPECT_EQ(spec.user, "");
  EXPECT_EQ(spec.password, "sesame");
}

TEST(ParseSourceSpecTest, DecodesPercentsAndTakesOtherCharactersAsTheyAre) {
  const RedisSourceSpec spec = ParseRedis("redis://a%40b:p%3A%2f%00:/@,q@h:1");
  EXPECT_EQ(spec.user, "a@b");
  EXPECT_EQ(spec.password, std::string("p:/\0:/@,q", 9));
}

TEST(ParseSourceSpecTest, RefusesEverythingElseAndRepeatsNoPassword) {
  for (const std::string_view text : {"",
                                      "static",
                                      "static:",
                                      "static:0",
                                      "static:1001",
                                      "static:-1",
                                      "static:+1",
                                      "static: 1",
                                      "static:3x",
                                      "static:99999999999999999999",
                                      "redis://",
                                      "rediss://",
                                      "redisss://h:1",
                                      "redis://sesame",
                                      "redis://sesame:",
                                      "redis://:6379",
                                      "redis://h:0",
                                      "redis://h:65536",
                                      "redis://h:+1",
                                      "redis://h:1,",
                                      "redis://,h:1",
                                      "redis://h:1/sesame",
                                      "redis://h:1?sesame",
                                      "redis://sesame h:1",
                                      "redis://::1:7000",
                                      "redis://[]:7000",
                                      "redis://[::1]7000",
                                      "redis://user@h:1",
                                      "redis://user:@h:1",
                                      "redis://:@h:1",
                                      "redis://u:sesame%@h:1",
                                      "redis://u:sesame%4@h:1",
                                      "redis://u:sesame%4x@h:1",
                                      "redis://u:sesame@",
                                      "redis://u:sesame@h",
                                      "sesame",
                                      "REDIS://h:1",
                                      "redis:h:1"}) {
    const absl::Status status = ParseSourceSpec(text).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << text;
    EXPECT_THAT(status.message(), Not(HasSubstr("sesame"))) << text;
  }
}

TEST(ParseSourceSpecTest, SaysWhichNodeOfTheListIsWrong) {
  EXPECT_THAT(ParseSourceSpec("redis://a:1,b:2,c").status().message(),
              HasSubstr("Node 3"));
}

TEST(DescribeSourceSpecTest, ShowsAllButUserAndPassword) {
  EXPECT_EQ(DescribeSourceSpec(*ParseSourceSpec("static:3")), "static:3");
  EXPECT_EQ(DescribeSourceSpec(
                *ParseSourceSpec("redis://planner:sesame@h:1,[::1]:2")),
            "redis://h:1,[::1]:2");
}

}  // namespace
}  // namespace slotplanner
