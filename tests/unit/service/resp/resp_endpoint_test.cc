// SPDX-License-Identifier: Apache-2.0
#include "service/resp/resp_endpoint.h"

#include <gtest/gtest.h>

namespace slotplanner {
namespace {

TEST(RespEndpointTest, ReadsAsHostAndPort) {
  EXPECT_EQ(ToString({.host = "redis-0.redis", .port = 6379}),
            "redis-0.redis:6379");
  EXPECT_EQ(ToString({.host = "10.0.0.1", .port = 1}), "10.0.0.1:1");
}

TEST(RespEndpointTest, PutsIpv6AddressesInBrackets) {
  EXPECT_EQ(ToString({.host = "::1", .port = 7000}), "[::1]:7000");
}

}  // namespace
}  // namespace slotplanner
