// SPDX-License-Identifier: Apache-2.0
#include "service/topology/cluster_nodes_text.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "service/slots/hash_slot.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

const ReplyOrigin kAsked{.asked = {.host = "asked.example", .port = 7000}};

SlotRange Range(int first, int last) {
  return {*HashSlot::FromNumber(first), *HashSlot::FromNumber(last)};
}

// A line; `flags_and_primary` as in `slave a`.
std::string Line(const std::string& id, const std::string& address,
                 const std::string& flags_and_primary,
                 const std::string& slots = "") {
  return absl::StrCat(id, " ", address, " ", flags_and_primary,
                      " 0 1700000000000 7 connected", slots.empty() ? "" : " ",
                      slots, "\n");
}

std::vector<Shard> Parse(const std::string& text) {
  absl::StatusOr<std::vector<Shard>> shards =
      ParseClusterNodesText(text, kAsked);
  EXPECT_TRUE(shards.ok()) << shards.status();
  return *std::move(shards);
}

std::string Mistake(const std::string& text) {
  const absl::Status status = ParseClusterNodesText(text, kAsked).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << text;
  return std::string(status.message());
}

TEST(ParseClusterNodesTextTest, ReadsShardsWithTheirReplicas) {
  const std::vector<Shard> shards = Parse(
      Line("r", "10.0.0.2:6379@16379", "slave a") +
      Line("a", "10.0.0.1:6379@16379,a.example", "myself,master -",
           "0-99 101 [7->-b] [8-<-b]") +
      Line("b", "10.0.0.3:6379@16379,,shard-id=1", "master -", "102-16383"));
  ASSERT_THAT(shards, SizeIs(2));
  EXPECT_EQ(
      shards[0].primary,
      (Node{.node_id = "a", .host = "10.0.0.1", .port = 6379, .zone = ""}));
  EXPECT_THAT(shards[0].slot_ranges,
              ElementsAre(Range(0, 99), Range(101, 101)));
  ASSERT_THAT(shards[0].replicas, SizeIs(1));
  EXPECT_EQ(shards[0].replicas[0].node_id, "r");
  EXPECT_EQ(shards[1].primary.host, "10.0.0.3");
  EXPECT_THAT(shards[1].replicas, IsEmpty());
}

TEST(ParseClusterNodesTextTest, AddressesOfAllTimesAreKnown) {
  const auto host = [](const std::string& address) {
    const std::vector<Shard> shards = Parse(Line("a", address, "master -"));
    return shards.empty() ? "none"
                          : absl::StrCat(shards[0].primary.host, " ",
                                         shards[0].primary.port);
  };
  EXPECT_EQ(host("10.0.0.1:6379"), "10.0.0.1 6379");
  EXPECT_EQ(host("fd00::1:6379@16379"), "fd00::1 6379");
  EXPECT_EQ(host(":6379@16379"), "asked.example 6379");
  EXPECT_EQ(host(":0@0"), "none");
  EXPECT_EQ(host("?:6379@16379"), "none");
}

TEST(ParseClusterNodesTextTest, NodesThatDoNotServeArePassedOver) {
  const std::vector<Shard> shards =
      Parse(Line("a", "10.0.0.1:1@2", "master,fail -", "0-99") +
            Line("b", "10.0.0.2:1@2", "master,fail -") +
            Line("c", "10.0.0.3:1@2", "master,fail? -") +
            Line("d", ":0@0", "master,noaddr -", "100-200") +
            Line("e", "10.0.0.5:1@2", "handshake -") +
            Line("f", "10.0.0.6:1@2", "slave,fail a") +
            Line("g", "10.0.0.7:1@2", "slave,fail? a") +
            Line("h", "10.0.0.8:1@2", "slave nobody") +
            Line("i", "10.0.0.9:1@2", "slave,noaddr a") +
            Line("j", "10.0.0.10:1@2", "noflags -"));
  ASSERT_THAT(shards, SizeIs(2));
  EXPECT_EQ(shards[0].primary.node_id, "a");
  ASSERT_THAT(shards[0].replicas, SizeIs(1));
  EXPECT_EQ(shards[0].replicas[0].node_id, "g");
  EXPECT_EQ(shards[1].primary.node_id, "c");
}

TEST(ParseClusterNodesTextTest, NamesTheLineThatIsWrong) {
  const std::string good = Line("a", "10.0.0.1:1@2", "master -", "0-99");
  EXPECT_THAT(Mistake(good + "secret\n"),
              AllOf(StartsWith("line 2: "), Not(HasSubstr("secret"))));
  EXPECT_THAT(Mistake(good + "\r\n" + good), StartsWith("line 3: "));
  for (const char* slots : {"x", "-", "7-", "-7", "7-6", "16384", "0-16384",
                            "+7", "0x7", "99999999999999999999"}) {
    EXPECT_THAT(Mistake(Line("a", "10.0.0.1:1@2", "master -", slots)),
                StartsWith("line 1: "))
        << slots;
  }
  std::string many = "0";
  for (int i = 0; i < 2 * kHashSlotCount; ++i) many += " 0";
  EXPECT_THAT(Mistake(Line("a", "10.0.0.1:1@2", "master -", many)),
              HasSubstr("more slots"));
  for (const char* address : {"10.0.0.1", "10.0.0.1:", "10.0.0.1:x@2",
                              "10.0.0.1:65536@2", "\xff:1@2"}) {
    EXPECT_THAT(Mistake(Line("a", address, "master -")), StartsWith("line 1: "))
        << address;
  }
}

}  // namespace
}  // namespace slotplanner
