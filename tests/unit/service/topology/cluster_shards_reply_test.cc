// SPDX-License-Identifier: Apache-2.0
#include "service/topology/cluster_shards_reply.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "service/resp/address_map.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_parser.h"
#include "service/resp/resp_value.h"
#include "service/slots/hash_slot.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/reply_fields.h"
#include "tests/support/cluster_replies.h"

namespace slotplanner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const ReplyOrigin kAsked{.asked = {.host = "asked.example", .port = 7000}};
const RespEndpoint kA{.host = "10.0.0.1", .port = 6379};
const RespEndpoint kB{.host = "10.0.0.2", .port = 6379};

SlotRange Range(int first, int last) {
  return {*HashSlot::FromNumber(first), *HashSlot::FromNumber(last)};
}

std::vector<Shard> Parse(const RespValue& reply,
                         const ReplyOrigin& origin = kAsked) {
  absl::StatusOr<std::vector<Shard>> shards =
      ParseClusterShardsReply(reply, origin);
  EXPECT_TRUE(shards.ok()) << shards.status();
  return *std::move(shards);
}

// The shards of a reply with one shard of all slots and these nodes.
std::vector<Shard> ParseNodes(std::vector<RespValue> nodes) {
  return Parse(RespValue::Array({ShardReply({0, 16383}, std::move(nodes))}));
}

RespValue PrimaryWith(const std::string& field, RespValue value) {
  RespValue node = NodeReply({.id = "a", .at = kA});
  FieldOf(node, field) = std::move(value);
  return node;
}

RespValue PrimaryWithout(const std::string& field) {
  // A name that nobody looks for.
  RespValue node = NodeReply({.id = "a", .at = kA});
  for (RespValue& name : node.elements) {
    if (name.text == field) name.text = "other";
  }
  return node;
}

// As Redis 7.0.15 sent it, with one replica.
constexpr std::string_view kRealReply =
    "*2\r\n*4\r\n$5\r\nslots\r\n*2\r\n:0\r\n:5460\r\n$5\r\nnodes\r\n*2\r\n"
    "*14\r\n$2\r\nid\r\n$40\r\n318466562e4eea0427c451074bfd13f844a259c9\r\n"
    "$4\r\nport\r\n:17101\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n"
    "$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"
    "$18\r\nreplication-offset\r\n:28\r\n$6\r\nhealth\r\n$6\r\nonline\r\n"
    "*14\r\n$2\r\nid\r\n$40\r\nd7b8fbeb476959e7cdb0980504946eeb778d1ac8\r\n"
    "$4\r\nport\r\n:17104\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n"
    "$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\nrole\r\n$7\r\nreplica\r\n"
    "$18\r\nreplication-offset\r\n:28\r\n$6\r\nhealth\r\n$6\r\nonline\r\n"
    "*4\r\n$5\r\nslots\r\n*2\r\n:10923\r\n:16383\r\n$5\r\nnodes\r\n*1\r\n"
    "*14\r\n$2\r\nid\r\n$40\r\n8560a52315427f54e58d3714cc42986feefca602\r\n"
    "$4\r\nport\r\n:17103\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n"
    "$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"
    "$18\r\nreplication-offset\r\n:0\r\n$6\r\nhealth\r\n$6\r\nonline\r\n";

TEST(ParseClusterShardsReplyTest, ReadsAReplyOfRedis70) {
  RespParser parser(RespLimits{});
  parser.Feed(kRealReply);
  const std::optional<RespValue> reply = *parser.Next();
  ASSERT_TRUE(reply.has_value());
  EXPECT_THAT(
      Parse(*reply),
      ElementsAre(
          Shard{
              .slot_ranges = {Range(0, 5460)},
              .primary = {.node_id = "318466562e4eea0427c451074bfd13f844a259c9",
                          .host = "127.0.0.1",
                          .port = 17101,
                          .zone = ""},
              .replicas = {{.node_id =
                                "d7b8fbeb476959e7cdb0980504946eeb778d1ac8",
                            .host = "127.0.0.1",
                            .port = 17104,
                            .zone = ""}}},
          Shard{
              .slot_ranges = {Range(10923, 16383)},
              .primary = {.node_id = "8560a52315427f54e58d3714cc42986feefca602",
                          .host = "127.0.0.1",
                          .port = 17103,
                          .zone = ""},
              .replicas = {}}));
}

TEST(ParseClusterShardsReplyTest, ReadsSeveralRangesOfAShard) {
  const std::vector<Shard> shards = Parse(RespValue::Array(
      {ShardReply({0, 0, 5, 9}, {NodeReply({.id = "a", .at = kA})})}));
  ASSERT_THAT(shards, SizeIs(1));
  EXPECT_THAT(shards[0].slot_ranges, ElementsAre(Range(0, 0), Range(5, 9)));
}

// Rule G1.
TEST(ParseClusterShardsReplyTest, OnlyOnlineReplicasServe) {
  const std::vector<Shard> shards = ParseNodes(
      {NodeReply({.id = "a", .at = kA}),
       NodeReply({.id = "b", .at = kB, .role = "replica"}),
       NodeReply({.id = "c", .at = kB, .role = "replica", .health = "fail"}),
       NodeReply(
           {.id = "d", .at = kB, .role = "replica", .health = "loading"})});
  ASSERT_THAT(shards, SizeIs(1));
  ASSERT_THAT(shards[0].replicas, SizeIs(1));
  EXPECT_EQ(shards[0].replicas[0].node_id, NodeId("b"));
}

TEST(ParseClusterShardsReplyTest, AFailedPrimaryKeepsItsSlots) {
  const std::vector<Shard> shards =
      ParseNodes({NodeReply({.id = "a", .at = kA, .health = "fail"}),
                  NodeReply({.id = "b", .at = kB, .role = "replica"})});
  ASSERT_THAT(shards, SizeIs(1));
  EXPECT_EQ(shards[0].primary.node_id, NodeId("a"));
  EXPECT_THAT(shards[0].slot_ranges, ElementsAre(Range(0, 16383)));
}

TEST(ParseClusterShardsReplyTest, AnOnlinePrimaryGoesBeforeAFailedOne) {
  const std::vector<Shard> shards =
      ParseNodes({NodeReply({.id = "a", .at = kA, .health = "fail"}),
                  NodeReply({.id = "b", .at = kB})});
  ASSERT_THAT(shards, SizeIs(1));
  EXPECT_EQ(shards[0].primary.node_id, NodeId("b"));
  EXPECT_THAT(shards[0].replicas, IsEmpty());
}

// Rule G4: its slots then show as unassigned.
TEST(ParseClusterShardsReplyTest, AShardWithoutAPrimaryIsLeftOut) {
  EXPECT_THAT(ParseNodes({NodeReply({.id = "b", .at = kB, .role = "replica"})}),
              IsEmpty());
  EXPECT_THAT(ParseNodes({}), IsEmpty());
}

TEST(ParseClusterShardsReplyTest, KeepsEmptyShardsWhosePrimaryIsOnline) {
  EXPECT_THAT(
      Parse(RespValue::Array(
          {ShardReply({}, {NodeReply({.id = "a", .at = kA})}),
           ShardReply({},
                      {NodeReply({.id = "b", .at = kB, .health = "fail"})})})),
      SizeIs(1));
}

// Rule G2. A lone node of Redis 7.0 sends "" for itself.
TEST(ParseClusterShardsReplyTest, AnEmptyOrNilHostIsTheAddressThatWasAsked) {
  for (RespValue& host : std::vector{RespValue::Nil(), RespValue::String("")}) {
    const std::vector<Shard> shards =
        ParseNodes({PrimaryWith("endpoint", host)});
    ASSERT_THAT(shards, SizeIs(1));
    EXPECT_EQ(shards[0].primary.host, "asked.example");
    EXPECT_EQ(shards[0].primary.port, 6379);
  }
}

TEST(ParseClusterShardsReplyTest, AnUnknownHostSkipsTheNode) {
  EXPECT_THAT(ParseNodes({PrimaryWith("endpoint", RespValue::String("?"))}),
              IsEmpty());
}

TEST(ParseClusterShardsReplyTest, PrefersTheEndpointToTheIp) {
  EXPECT_EQ(ParseNodes({PrimaryWith("endpoint", RespValue::String("name"))})[0]
                .primary.host,
            "name");
  EXPECT_EQ(ParseNodes({PrimaryWithout("endpoint")})[0].primary.host,
            "10.0.0.1");
}

TEST(ParseClusterShardsReplyTest, NodesWithoutAPlainPortAreSkipped) {
  EXPECT_THAT(ParseNodes({PrimaryWith("port", RespValue::Integer(0))}),
              IsEmpty());
  EXPECT_THAT(ParseNodes({PrimaryWithout("port")}), IsEmpty());
}

RespValue With(RespValue node, const std::string& field, RespValue value) {
  node.elements.push_back(RespValue::String(field));
  node.elements.push_back(std::move(value));
  return node;
}

// Rule G2. Redis 7.0 leaves out the port that a node does not have.
TEST(ParseClusterShardsReplyTest, ATlsConnectionUsesTlsPorts) {
  const ReplyOrigin over_tls{.asked = kAsked.asked, .is_tls = true};
  const auto ports = [](const RespValue& node, const ReplyOrigin& origin) {
    std::vector<int> found;
    for (const Shard& shard :
         Parse(RespValue::Array({ShardReply({0, 16383}, {node})}), origin)) {
      found.push_back(shard.primary.port);
    }
    return found;
  };
  const RespValue both =
      With(NodeReply({.id = "a", .at = kA}), "tls-port", RespValue::Integer(7));
  EXPECT_THAT(ports(both, kAsked), ElementsAre(6379));
  EXPECT_THAT(ports(both, over_tls), ElementsAre(7));
  const RespValue tls_only =
      With(PrimaryWithout("port"), "tls-port", RespValue::Integer(7));
  EXPECT_THAT(ports(tls_only, kAsked), IsEmpty());
  EXPECT_THAT(ports(tls_only, over_tls), ElementsAre(7));
  EXPECT_THAT(ports(NodeReply({.id = "a", .at = kA}), over_tls), IsEmpty());
}

TEST(ParseClusterShardsReplyTest, MapsWhatIsAnnouncedButNotWhatWasAsked) {
  const AddressMap map = *AddressMap::Make(
      {{"10.0.0.1", "192.0.2.1"}, {"asked.example", "192.0.2.9"}});
  const ReplyOrigin mapped{.asked = kAsked.asked, .address_map = &map};
  const auto host = [&](const RespValue& node) {
    return Parse(RespValue::Array({ShardReply({0, 16383}, {node})}), mapped)[0]
        .primary.host;
  };
  EXPECT_EQ(host(NodeReply({.id = "a", .at = kA})), "192.0.2.1");
  EXPECT_EQ(host(PrimaryWith("endpoint", RespValue::Nil())), "asked.example");
  EXPECT_EQ(host(PrimaryWith("endpoint", RespValue::String("Asked.example"))),
            "192.0.2.9");
}

TEST(ParseClusterShardsReplyTest, ReadsIpv6Addresses) {
  EXPECT_EQ(
      ParseNodes({PrimaryWith("endpoint", RespValue::String("fd00::1"))})[0]
          .primary.host,
      "fd00::1");
}

TEST(ParseClusterShardsReplyTest, ReadsTheAvailabilityZoneAndSkipsNewFields) {
  RespValue node = NodeReply({.id = "a", .at = kA});
  node.elements.push_back(RespValue::String("availability-zone"));
  node.elements.push_back(RespValue::String("eu-1a"));
  node.elements.push_back(RespValue::String("shard-id"));
  node.elements.push_back(RespValue::Array({RespValue::Nil()}));
  EXPECT_EQ(ParseNodes({node})[0].primary.zone, "eu-1a");
}

TEST(ParseClusterShardsReplyTest, RefusesWrongRepliesWithTheirPath) {
  const RespValue node = NodeReply({.id = "a", .at = kA});
  const auto of_node = [](const RespValue& wrong) {
    return RespValue::Array(
        {ShardReply({0, 9}, {NodeReply({.id = "b", .at = kB}), wrong})});
  };
  const std::vector<std::pair<RespValue, std::string>> wrong = {
      {RespValue::Nil(), "shards: "},
      {RespValue::String("x"), "shards: "},
      {RespValue::Array({RespValue::Nil()}), "shards[0]: "},
      {RespValue::Array({RespValue::Array({RespValue::Nil()})}), "shards[0]: "},
      {RespValue::Array({RespValue::Array({})}), "shards[0].slots: missing"},
      {RespValue::Array({ShardReply({0}, {node})}), "shards[0].slots: "},
      {RespValue::Array({ShardReply({0, 9, 9, 16384}, {node})}),
       "shards[0].slots[2]: "},
      {RespValue::Array({ShardReply({-1, 9}, {node})}), "shards[0].slots[0]: "},
      {RespValue::Array({ShardReply({9, 8}, {node})}), "shards[0].slots[0]: "},
      {of_node(RespValue::Nil()), "shards[0].nodes[1]: "},
      {of_node(PrimaryWithout("id")), "shards[0].nodes[1].id: missing"},
      {of_node(PrimaryWith("id", RespValue::String(""))), "nodes[1].id: "},
      {of_node(PrimaryWith("id", RespValue::String("a b"))), "nodes[1].id: "},
      {of_node(PrimaryWith("id", RespValue::Integer(1))), "nodes[1].id: "},
      {of_node(PrimaryWith("port", RespValue::Integer(65536))),
       "nodes[1].port: "},
      {of_node(PrimaryWith("port", RespValue::String("1"))), "nodes[1].port: "},
      {of_node(PrimaryWith("endpoint", RespValue::String("a\n\x1b[31m"))),
       "nodes[1].endpoint: "},
      {of_node(PrimaryWith("endpoint", RespValue::String("a\xff"))),
       "nodes[1].endpoint: "},
      {of_node(
           PrimaryWith("endpoint", RespValue::String(std::string(256, 'a')))),
       "nodes[1].endpoint: "},
      {of_node(PrimaryWith("endpoint", RespValue::Integer(1))),
       "nodes[1].endpoint: "},
      {of_node(PrimaryWith("role", RespValue::String("x\xff"))),
       "nodes[1].role: "},
      {of_node(PrimaryWithout("role")), "nodes[1].role: missing"},
      {of_node(PrimaryWithout("health")), "nodes[1].health: missing"},
      {of_node(PrimaryWith("health", RespValue::Integer(1))),
       "nodes[1].health: "},
  };
  for (const auto& [reply, path] : wrong) {
    const absl::Status status = ParseClusterShardsReply(reply, kAsked).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << path;
    EXPECT_THAT(status.message(), HasSubstr(path));
    EXPECT_TRUE(std::all_of(
        status.message().begin(), status.message().end(), [](char c) {
          return absl::ascii_isprint(static_cast<unsigned char>(c));
        }));
  }
}

}  // namespace
}  // namespace slotplanner
