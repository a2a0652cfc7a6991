// SPDX-License-Identifier: Apache-2.0
#include "service/resp/address_map.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/resp/resp_endpoint.h"

namespace slotplanner {
namespace {

using ::testing::HasSubstr;

using Entries = std::vector<std::pair<std::string, std::string>>;

std::string Mapped(const Entries& entries, const RespEndpoint& endpoint) {
  const absl::StatusOr<AddressMap> map = AddressMap::Make(entries);
  EXPECT_TRUE(map.ok()) << map.status();
  return ToString(map->Map(endpoint));
}

TEST(AddressMapTest, LeavesWhatItDoesNotKnow) {
  EXPECT_EQ(ToString(AddressMap().Map({.host = "10.0.0.1", .port = 7000})),
            "10.0.0.1:7000");
  EXPECT_EQ(
      Mapped({{"10.0.0.1:7000", "nat:1"}}, {.host = "10.0.0.1", .port = 7001}),
      "10.0.0.1:7001");
}

TEST(AddressMapTest, MapsEndpointsAndHosts) {
  const Entries entries = {{"10.0.0.1:7000", "nat.example:17000"},
                           {"10.0.0.2", "192.0.2.2"}};
  EXPECT_EQ(Mapped(entries, {.host = "10.0.0.1", .port = 7000}),
            "nat.example:17000");
  EXPECT_EQ(Mapped(entries, {.host = "10.0.0.2", .port = 7005}),
            "192.0.2.2:7005");
}

TEST(AddressMapTest, AnEndpointGoesBeforeItsHostWhateverTheOrder) {
  const Entries entries = {{"a", "b"}, {"a:1", "c:2"}};
  EXPECT_EQ(Mapped(entries, {.host = "a", .port = 1}), "c:2");
  EXPECT_EQ(Mapped(entries, {.host = "a", .port = 3}), "b:3");
  EXPECT_EQ(Mapped({{"a:1", "c:2"}, {"a", "b"}}, {.host = "a", .port = 1}),
            "c:2");
}

TEST(AddressMapTest, MapsOnce) {
  EXPECT_EQ(Mapped({{"a", "b"}, {"b", "a"}}, {.host = "a", .port = 1}), "b:1");
}

TEST(AddressMapTest, ComparesHostsByWhatTheyMean) {
  EXPECT_EQ(Mapped({{"Redis-0", "x"}}, {.host = "redis-0", .port = 1}), "x:1");
  EXPECT_EQ(
      Mapped({{"[fd00:0::1]:1", "[::2]:3"}}, {.host = "fd00::1", .port = 1}),
      "[::2]:3");
  EXPECT_EQ(Mapped({{"[fd00::1]", "[::2]"}}, {.host = "FD00::1", .port = 1}),
            "[::2]:1");
}

TEST(AddressMapTest, RefusesWhatIsNoEntry) {
  for (const Entries& entries :
       std::vector<Entries>{{{"", ""}},
                            {{"a", "b:1"}},
                            {{"a:1", "b"}},
                            {{"a:1", "b:0"}},
                            {{"fd00::1", "b"}},
                            {{"a b", "c"}},
                            {{"a", "b"}, {"A", "c"}},
                            {{"a:1", "b:1"}, {"A:1", "c:1"}}}) {
    const absl::Status status = AddressMap::Make(entries).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << entries.back().first;
    EXPECT_THAT(status.message(), HasSubstr(entries.back().first));
  }
}

}  // namespace
}  // namespace slotplanner
