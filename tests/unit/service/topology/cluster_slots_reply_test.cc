// SPDX-License-Identifier: Apache-2.0
#include "service/topology/cluster_slots_reply.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/resp/address_map.h"
#include "service/resp/resp_value.h"
#include "service/slots/hash_slot.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/reply_fields.h"

namespace slotplanner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const ReplyOrigin kAsked{.asked = {.host = "asked.example", .port = 7000}};

SlotRange Range(int first, int last) {
  return {*HashSlot::FromNumber(first), *HashSlot::FromNumber(last)};
}

// A node as Redis 7.0.15 sends it; before, the last element was missing.
RespValue NodeEntry(RespValue host, int64_t port, const std::string& id) {
  return RespValue::Array({std::move(host), RespValue::Integer(port),
                           RespValue::String(id), RespValue::Array({})});
}

RespValue NodeEntry(const std::string& host, int64_t port,
                    const std::string& id) {
  return NodeEntry(RespValue::String(host), port, id);
}

RespValue RangeEntry(int64_t first, int64_t last,
                     std::vector<RespValue> nodes) {
  std::vector<RespValue> elements = {RespValue::Integer(first),
                                     RespValue::Integer(last)};
  elements.insert(elements.end(), nodes.begin(), nodes.end());
  return RespValue::Array(std::move(elements));
}

std::vector<Shard> Parse(std::vector<RespValue> ranges) {
  absl::StatusOr<std::vector<Shard>> shards =
      ParseClusterSlotsReply(RespValue::Array(std::move(ranges)), kAsked);
  EXPECT_TRUE(shards.ok()) << shards.status();
  return *std::move(shards);
}

TEST(ParseClusterSlotsReplyTest, JoinsTheRangesOfOnePrimaryToOneShard) {
  const RespValue a = NodeEntry("10.0.0.1", 7000, "a");
  const RespValue b = NodeEntry("10.0.0.2", 7001, "b");
  const RespValue replica = NodeEntry("10.0.0.3", 7002, "r");
  const Node node_a{
      .node_id = "a", .host = "10.0.0.1", .port = 7000, .zone = ""};
  const Node node_b{
      .node_id = "b", .host = "10.0.0.2", .port = 7001, .zone = ""};
  const Node node_r{
      .node_id = "r", .host = "10.0.0.3", .port = 7002, .zone = ""};
  EXPECT_THAT(
      Parse({RangeEntry(0, 99, {a, replica}), RangeEntry(100, 199, {b}),
             RangeEntry(200, 16383, {a, replica})}),
      ElementsAre(Shard{.slot_ranges = {Range(0, 99), Range(200, 16383)},
                        .primary = node_a,
                        .replicas = {node_r}},
                  Shard{.slot_ranges = {Range(100, 199)},
                        .primary = node_b,
                        .replicas = {}}));
}

TEST(ParseClusterSlotsReplyTest, ReadsNodesWithoutMetadata) {
  EXPECT_THAT(Parse({RangeEntry(0, 1,
                                {RespValue::Array({RespValue::String("h"),
                                                   RespValue::Integer(1),
                                                   RespValue::String("a")})})}),
              SizeIs(1));
}

// Rule G2.
TEST(ParseClusterSlotsReplyTest, AnEmptyOrNilHostIsTheAddressThatWasAsked) {
  EXPECT_EQ(
      Parse({RangeEntry(0, 1, {NodeEntry("", 7000, "a")})})[0].primary.host,
      "asked.example");
  EXPECT_EQ(
      Parse({RangeEntry(0, 1, {NodeEntry(RespValue::Nil(), 7000, "a")})})[0]
          .primary.host,
      "asked.example");
}

// Rules G2 and G4.
// As Redis 7.0.15 sends it with cluster-preferred-endpoint-type hostname: the
// metadata tells what the settings say not to use.
TEST(ParseClusterSlotsReplyTest, TheMetadataNamesNoNode) {
  const auto node = [](RespValue host, const std::string& id) {
    return RespValue::Array(
        {std::move(host), RespValue::Integer(7000), RespValue::String(id),
         RespValue::Array(
             {RespValue::String("ip"), RespValue::String("127.0.0.1")})});
  };
  EXPECT_EQ(
      Parse({RangeEntry(0, 1, {node(RespValue::String("a.example"), "a")})})[0]
          .primary.host,
      "a.example");
  EXPECT_THAT(Parse({RangeEntry(0, 1, {node(RespValue::String("?"), "a")})}),
              IsEmpty());
  EXPECT_EQ(
      Parse({RangeEntry(0, 1, {node(RespValue::Nil(), "a")})})[0].primary.host,
      "asked.example");
}

TEST(ParseClusterSlotsReplyTest, MapsWhatIsAnnouncedButNotWhatWasAsked) {
  const AddressMap map = *AddressMap::Make(
      {{"10.0.0.1:7000", "192.0.2.1:1"}, {"asked.example", "192.0.2.9"}});
  const absl::StatusOr<std::vector<Shard>> shards = ParseClusterSlotsReply(
      RespValue::Array({RangeEntry(
          0, 1, {NodeEntry("10.0.0.1", 7000, "a"), NodeEntry("", 7001, "b")})}),
      {.asked = kAsked.asked, .address_map = &map});
  ASSERT_TRUE(shards.ok()) << shards.status();
  EXPECT_EQ((*shards)[0].primary.host, "192.0.2.1");
  EXPECT_EQ((*shards)[0].primary.port, 1);
  EXPECT_EQ((*shards)[0].replicas[0].host, "asked.example");
}

TEST(ParseClusterSlotsReplyTest, ARangeWhosePrimaryIsUnknownIsLeftOut) {
  const RespValue replica = NodeEntry("h", 7002, "r");
  EXPECT_THAT(Parse({RangeEntry(0, 1, {NodeEntry("?", 7000, "a"), replica})}),
              IsEmpty());
  EXPECT_THAT(Parse({RangeEntry(0, 1, {NodeEntry("h", 0, "a"), replica})}),
              IsEmpty());
}

TEST(ParseClusterSlotsReplyTest, UnknownReplicasAreSkipped) {
  EXPECT_THAT(
      Parse({RangeEntry(
          0, 1, {NodeEntry("h", 7000, "a"), NodeEntry("?", 7001, "b")})})[0]
          .replicas,
      IsEmpty());
}

TEST(ParseClusterSlotsReplyTest, RefusesWrongRepliesWithTheirPath) {
  const RespValue node = NodeEntry("h", 7000, "a");
  const std::vector<std::pair<RespValue, std::string>> wrong = {
      {RespValue::Integer(1), "ranges: "},
      {RespValue::Array({RespValue::Nil()}), "ranges[0]: "},
      {RespValue::Array({RangeEntry(0, 1, {})}), "ranges[0]: "},
      {RespValue::Array({RangeEntry(0, 16384, {node})}), "ranges[0]: "},
      {RespValue::Array({RangeEntry(2, 1, {node})}), "ranges[0]: "},
      {RespValue::Array({RangeEntry(0, 1, {RespValue::Array({})})}),
       "ranges[0].nodes[0]: "},
      {RespValue::Array({RangeEntry(0, 1, {node, NodeEntry("h", -1, "b")})}),
       "ranges[0].nodes[1].port: "},
      {RespValue::Array({RangeEntry(0, 1, {NodeEntry("h h", 1, "b")})}),
       "ranges[0].nodes[0].host: "},
      {RespValue::Array({RangeEntry(0, 1, {NodeEntry("h", 1, "")})}),
       "ranges[0].nodes[0].id: "},
  };
  for (const auto& [reply, path] : wrong) {
    const absl::Status status = ParseClusterSlotsReply(reply, kAsked).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << path;
    EXPECT_THAT(status.message(), HasSubstr(path));
  }
}

}  // namespace
}  // namespace slotplanner
