// SPDX-License-Identifier: Apache-2.0
#include "service/topology/zone_map.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner {
namespace {

using ::testing::HasSubstr;

using Entries = std::vector<std::pair<std::string, std::string>>;

ZoneMap MapOf(const Entries& entries) {
  absl::StatusOr<ZoneMap> map = ZoneMap::Make(entries);
  EXPECT_TRUE(map.ok()) << map.status();
  return *std::move(map);
}

TEST(ZoneMapTest, FindsNamesAddressesAndBlocks) {
  const ZoneMap map = MapOf({{"Redis-0.example", "a"},
                             {"10.0.0.7", "b"},
                             {"10.0.1.0/24", "c"},
                             {"fd00:1::/32", "d"},
                             {"fd00:2::5", "e"}});
  EXPECT_EQ(map.ZoneOf("redis-0.Example"), "a");
  EXPECT_EQ(map.ZoneOf("redis-1.example"), "");
  EXPECT_EQ(map.ZoneOf("10.0.0.7"), "b");
  EXPECT_EQ(map.ZoneOf("10.0.0.8"), "");
  EXPECT_EQ(map.ZoneOf("10.0.1.0"), "c");
  EXPECT_EQ(map.ZoneOf("10.0.1.255"), "c");
  EXPECT_EQ(map.ZoneOf("10.0.2.0"), "");
  EXPECT_EQ(map.ZoneOf("fd00:1:ffff::1"), "d");
  EXPECT_EQ(map.ZoneOf("fd00:2:0::5"), "e");
  EXPECT_EQ(ZoneMap().ZoneOf("10.0.0.7"), "");
}

TEST(ZoneMapTest, TheLongestPrefixWinsWhateverTheOrder) {
  Entries entries = {{"0.0.0.0/0", "all"},
                     {"10.0.0.0/8", "ten"},
                     {"10.1.128.0/17", "upper"},
                     {"10.1.128.1", "one"}};
  for (int i = 0; i < 2; ++i) {
    const ZoneMap map = MapOf(entries);
    EXPECT_EQ(map.ZoneOf("11.0.0.1"), "all");
    EXPECT_EQ(map.ZoneOf("10.1.127.1"), "ten");
    EXPECT_EQ(map.ZoneOf("10.1.128.2"), "upper");
    EXPECT_EQ(map.ZoneOf("10.1.128.1"), "one");
    std::reverse(entries.begin(), entries.end());
  }
}

TEST(ZoneMapTest, BlocksOfIpv4HoldNoAddressOfIpv6) {
  EXPECT_EQ(MapOf({{"0.0.0.0/0", "a"}}).ZoneOf("fd00::1"), "");
  EXPECT_EQ(MapOf({{"::/0", "a"}}).ZoneOf("fd00::1"), "a");
}

TEST(ZoneMapTest, FillsOnlyWhatTheServersLeftEmpty) {
  const Node told{
      .node_id = "a", .host = "10.0.0.1", .port = 1, .zone = "told"};
  const Node silent{.node_id = "b", .host = "10.0.0.2", .port = 1, .zone = ""};
  std::vector<Shard> shards = {
      {.slot_ranges = {}, .primary = told, .replicas = {silent}}};
  MapOf({{"10.0.0.0/8", "mapped"}}).FillZones(shards);
  EXPECT_EQ(shards[0].primary.zone, "told");
  EXPECT_EQ(shards[0].replicas[0].zone, "mapped");
}

TEST(ZoneMapTest, RefusesWhatIsNoEntry) {
  for (const Entries& entries :
       std::vector<Entries>{{{"", "a"}},
                            {{"a b", "a"}},
                            {{"10.0.0.0/33", "a"}},
                            {{"10.0.0.0/", "a"}},
                            {{"10.0.0.0/8/8", "a"}},
                            {{"10.0.0.0/+8", "a"}},
                            {{"fd00::/129", "a"}},
                            {{"name/8", "a"}},
                            {{"10.0.0.1/8", "a"}},
                            {{"10.0.0.0/8", ""}},
                            {{"10.0.0.0/8", "a b"}},
                            {{"10.0.0.0/8", std::string(256, 'a')}},
                            {{"Name", "a"}, {"name", "b"}},
                            {{"fd00::1", "a"}, {"fd00:0::1/128", "b"}}}) {
    const absl::Status status = ZoneMap::Make(entries).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << entries.back().first;
    EXPECT_THAT(status.message(), HasSubstr(entries.back().first));
  }
}

}  // namespace
}  // namespace slotplanner
