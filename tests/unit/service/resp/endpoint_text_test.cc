// SPDX-License-Identifier: Apache-2.0
#include "service/resp/endpoint_text.h"

#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "service/resp/resp_endpoint.h"

namespace slotplanner {
namespace {

TEST(ParseEndpointTest, ReadsWhatToStringWrites) {
  for (const RespEndpoint& endpoint :
       {RespEndpoint{.host = "redis-0.redis", .port = 6379},
        RespEndpoint{.host = "10.0.0.1", .port = 1},
        RespEndpoint{.host = "fd00::1", .port = 65535}}) {
    EXPECT_EQ(ParseEndpoint(ToString(endpoint)), endpoint);
  }
}

TEST(ParseEndpointTest, RefusesEverythingElse) {
  for (const std::string_view text :
       {"", ":", "h", "h:", ":1", "h:0", "h:65536", "h:+1", "h: 1", "h:1x",
        "::1:1", "[]:1", "[::1]", "[::1:1", "::1]:1", "a b:1", "a/b:1", "a@b:1",
        "h:99999999999999999999"}) {
    EXPECT_EQ(ParseEndpoint(text), std::nullopt) << text;
  }
}

TEST(IsHostTest, HasAtMost255Bytes) {
  EXPECT_TRUE(IsHost(std::string(255, 'a')));
  EXPECT_FALSE(IsHost(std::string(256, 'a')));
}

TEST(CanonicalHostTest, GivesOneWayToWriteEachHost) {
  EXPECT_EQ(CanonicalHost("Redis-0.Example"), "redis-0.example");
  EXPECT_EQ(CanonicalHost("10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(CanonicalHost("FD00:0:0::0001"), "fd00::1");
  EXPECT_EQ(CanonicalHost("fd00::zz"), "fd00::zz");
}

}  // namespace
}  // namespace slotplanner
