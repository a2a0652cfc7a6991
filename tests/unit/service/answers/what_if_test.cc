// SPDX-License-Identifier: Apache-2.0
#include "service/answers/what_if.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/answers/topology_messages.h"
#include "tests/support/plan_fixture.h"

namespace slotplanner {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kNodes[] =
    "a 10.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-16383\n";

v1::HypotheticalTopology EvenShards(int count) {
  v1::HypotheticalTopology message;
  message.set_even_shards(count);
  return message;
}

v1::HypotheticalTopology ClusterReply(const std::string& reply) {
  v1::HypotheticalTopology message;
  message.set_cluster_reply(reply);
  return message;
}

HypotheticalSnapshot Make(const v1::HypotheticalTopology& message,
                          const ClusterSnapshot* current = nullptr) {
  HypotheticalSnapshot made =
      MakeHypotheticalSnapshot(message, "settings.what_if", current);
  EXPECT_EQ(made.snapshot == nullptr, made.error.has_value());
  return made;
}

TEST(MakeHypotheticalSnapshotTest, RebalancesTheCurrentTopology) {
  ClusterSnapshot current = ThreeShards();
  current.migrations = {{.slot = *HashSlot::FromNumber(5),
                         .source_node_id = "a",
                         .target_node_id = "b"}};
  current.catalog = std::make_shared<const CommandCatalog>(*current.catalog);
  const auto what_if = Make(EvenShards(4), &current).snapshot;
  ASSERT_NE(what_if, nullptr);
  EXPECT_EQ(what_if->topology->shards().size(), 4u);
  EXPECT_EQ(what_if->topology->shards()[0].primary,
            current.topology->shards()[0].primary);
  EXPECT_EQ(what_if->catalog, current.catalog);
  EXPECT_THAT(what_if->migrations, IsEmpty());
  EXPECT_FALSE(what_if->hides_commands);
}

TEST(MakeHypotheticalSnapshotTest, NeedsNoCurrentTopology) {
  const auto even = Make(EvenShards(3)).snapshot;
  ASSERT_NE(even, nullptr);
  EXPECT_EQ(even->topology->version(), MakeEvenTopology(3).version());
  EXPECT_EQ(even->catalog, CommandCatalog::Redis70());
  EXPECT_TRUE(even->hides_commands);
  const auto pasted = Make(ClusterReply(kNodes)).snapshot;
  ASSERT_NE(pasted, nullptr);
  EXPECT_EQ(pasted->topology->shards()[0].primary.host, "10.0.0.1");
}

TEST(MakeHypotheticalSnapshotTest, IsStampedWithoutATime) {
  v1::TopologyStamp stamp;
  FillStamp(*Make(EvenShards(3)).snapshot, stamp);
  EXPECT_EQ(stamp.version(), MakeEvenTopology(3).version());
  EXPECT_FALSE(stamp.has_confirm_time());
}

TEST(MakeHypotheticalSnapshotTest, RefusesWhatIsNoTopology) {
  const auto reason = [](const v1::HypotheticalTopology& message) {
    return Make(message).error->reason;
  };
  EXPECT_EQ(reason({}), v1::ERROR_REASON_EMPTY_REQUEST);
  for (const int count : {-1, 0, 1001}) {
    EXPECT_EQ(reason(EvenShards(count)), v1::ERROR_REASON_OUT_OF_RANGE);
  }
  EXPECT_EQ(reason(ClusterReply(std::string((512 << 10) + 1, '\n'))),
            v1::ERROR_REASON_TOO_MANY);
  EXPECT_EQ(reason(ClusterReply("")), v1::ERROR_REASON_MALFORMED_TOPOLOGY);
  const auto error =
      *Make(ClusterReply(std::string(kNodes) + "secret\n")).error;
  EXPECT_EQ(error.reason, v1::ERROR_REASON_MALFORMED_TOPOLOGY);
  EXPECT_THAT(error.message, HasSubstr("settings.what_if.cluster_reply"));
  EXPECT_THAT(error.message, HasSubstr("line 2: "));
  EXPECT_THAT(error.message, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace slotplanner
