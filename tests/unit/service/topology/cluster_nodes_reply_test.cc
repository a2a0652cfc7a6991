// SPDX-License-Identifier: Apache-2.0
#include "service/topology/cluster_nodes_reply.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "service/resp/resp_value.h"
#include "service/slots/hash_slot.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

ClusterNodes Parse(const std::string& text) {
  absl::StatusOr<ClusterNodes> nodes =
      ParseClusterNodesReply(RespValue::String(text));
  EXPECT_TRUE(nodes.ok()) << nodes.status();
  return *std::move(nodes);
}

SlotMigration Migration(int slot, const std::string& source,
                        const std::string& target) {
  return {.slot = *HashSlot::FromNumber(slot),
          .source_node_id = source,
          .target_node_id = target};
}

constexpr char kA[] = "d43d3ba569ae37d65a5f4eafa2a25b240372d08d";
constexpr char kB[] = "942347dce8242dcfd4d8bdc00a952ad5a6beab05";
constexpr char kReplica[] = "66ef15ee8701d4cafac106574770f9252b024c9d";
constexpr char kGuest[] = "e712e891b867380ce12149e934ae6840abace517";

// As Redis 7.0.15 sent it, with a hostname, a node in handshake, and a slot on
// its way from A to B.
TEST(ParseClusterNodesReplyTest, ReadsAReplyOfRedis70) {
  const ClusterNodes nodes = Parse(absl::StrCat(
      kReplica, " 127.0.0.1:20014@30014 slave ", kA,
      " 0 1795386711056 7 connected\n",  //
      kB,
      " 127.0.0.1:14127@24127 master - 0 1795386711056 2 connected "
      "5461-10922\n",
      kGuest, " 127.0.0.1:1@10001 handshake - 0 0 0 disconnected\n", kA,
      " 127.0.0.1:15684@25684,host-1.example myself,master - 0 1795386709000 7 "
      "connected 0-5460 [77->-",
      kB, "]\n"));
  EXPECT_EQ(nodes.node_id, kA);
  EXPECT_THAT(nodes.config_epochs,
              UnorderedElementsAre(Pair(kA, 7), Pair(kReplica, 7), Pair(kB, 2),
                                   Pair(kGuest, 0)));
  EXPECT_THAT(nodes.migrations, ElementsAre(Migration(77, kA, kB)));
}

// Rule F5; the formats of Redis 4 to 6 (no hostname), 7.2 and Valkey 8 (more
// behind the address), and of a node whose address is not known.
TEST(ParseClusterNodesReplyTest, ReadsMigrationsInBothDirections) {
  for (const char* address :
       {":0@0", "10.0.0.1:6379@16379", "fd00::1:6379@16379",
        "10.0.0.1:6379@16379,", "10.0.0.1:6379@16379,name,shard-id=0123",
        "10.0.0.1:6379@16379,,tls-port=0,shard-id=0123"}) {
    const ClusterNodes nodes = Parse(absl::StrCat(
        "me ", address,
        " myself,master - 0 0 18446744073709551615 connected 0-9 [0->-to] 11 "
        "[16383-<-from]\nother ",
        address, " master,fail?,noaddr - 1 2 3 disconnected [5->-x]\n"));
    EXPECT_EQ(nodes.node_id, "me");
    EXPECT_EQ(nodes.config_epochs.at("me"), 18446744073709551615u);
    EXPECT_THAT(nodes.migrations, ElementsAre(Migration(0, "me", "to"),
                                              Migration(16383, "from", "me")));
  }
}

TEST(ParseClusterNodesReplyTest, ANodeWithoutSlotsEndsBehindItsLinkState) {
  EXPECT_THAT(Parse("me :0@0 myself,slave p 0 0 0 connected\n").migrations,
              IsEmpty());
  // Without the last end of line, and with a blank before it.
  EXPECT_EQ(Parse("me :0@0 myself,slave p 0 0 0 connected").node_id, "me");
  EXPECT_EQ(Parse("me :0@0 myself,slave p 0 0 0 connected \n").node_id, "me");
}

TEST(ParseClusterNodesReplyTest, RefusesWrongRepliesWithTheirLine) {
  const std::string me = "me :0@0 myself,master - 0 0 1 connected";
  const std::string other = "other :0@0 master - 0 0 1 connected";
  std::string endless = me;
  for (int i = 0; i <= 16384; ++i) absl::StrAppend(&endless, " [1->-x]");
  const std::vector<std::pair<RespValue, std::string>> wrong = {
      {RespValue::Nil(), "nodes: not a text"},
      {RespValue::Integer(1), "nodes: not a text"},
      {RespValue::Array({}), "nodes: not a text"},
      {RespValue::String(""), "no node is myself"},
      {RespValue::String(other), "no node is myself"},
      {RespValue::String("me :0@0 myself - 0 0 1"), "line 1: fewer than"},
      {RespValue::String(me + "\nSECRET"), "line 2: fewer than"},
      {RespValue::String(me + "\n" + me), "line 2: "},
      {RespValue::String(me + "\nyou :0@0 myself - 0 0 1 connected"),
       "line 2: a second node"},
      {RespValue::String("m\xff :0@0 myself - 0 0 1 connected"),
       "line 1: not a node ID"},
      {RespValue::String(std::string(65, 'm') +
                         " :0@0 myself - 0 0 1 connected"),
       "line 1: not a node ID"},
      {RespValue::String("me :0@0 myself - 0 0 -1 connected"), "the config"},
      {RespValue::String("me :0@0 myself - 0 0 18446744073709551616 connected"),
       "the config"},
      {RespValue::String("me :0@0 myself - 0 0  connected"), "the config"},
      {RespValue::String(me + " ["), "line 1: "},
      {RespValue::String(me + " []"), "line 1: "},
      {RespValue::String(me + " [-]"), "line 1: "},
      {RespValue::String(me + " [77]"), "line 1: "},
      {RespValue::String(me + " [77->-]"), "line 1: not a node ID"},
      {RespValue::String(me + " [77->-SECRET"), "line 1: "},
      {RespValue::String(me + " [77-=-SECRET]"), "line 1: not a migration"},
      {RespValue::String(me + " [16384->-SECRET]"), "line 1: a slot"},
      {RespValue::String(me + " [-1->-SECRET]"), "line 1: a slot"},
      {RespValue::String(endless), "line 1: more migrations"},
  };
  for (const auto& [reply, message] : wrong) {
    const absl::Status status = ParseClusterNodesReply(reply).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << message;
    EXPECT_THAT(status.message(),
                AllOf(HasSubstr(message), Not(HasSubstr("SECRET"))));
  }
}

}  // namespace
}  // namespace slotplanner
