// SPDX-License-Identifier: Apache-2.0
#include "service/answers/topology_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/plan_fixture.h"

namespace slotplanner {
namespace {

using testing::ElementsAreArray;

ClusterSnapshot Snapshot() {
  ClusterSnapshot snapshot = ThreeShards();
  snapshot.confirm_time = absl::FromUnixMillis(1'700'000'000'123);
  snapshot.asked_node_count = 5;
  snapshot.agreeing_node_count = 4;
  snapshot.migrations = {{.slot = *HashSlot::FromNumber(12182),
                          .source_node_id = "a",
                          .target_node_id = "b"}};
  return snapshot;
}

v1::Topology Message() {
  v1::Topology message;
  FillTopology(Snapshot(), message);
  return message;
}

TEST(ToSnapshotTest, ReadsBackWhatWasFilledIn) {
  const ClusterSnapshot snapshot = Snapshot();
  const auto again = ToSnapshot(Message(), snapshot.catalog);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->topology->shards(), snapshot.topology->shards());
  EXPECT_EQ(again->topology->version(), snapshot.topology->version());
  EXPECT_EQ(again->catalog, snapshot.catalog);
  EXPECT_EQ(again->confirm_time, snapshot.confirm_time);
  EXPECT_THAT(again->migrations, ElementsAreArray(snapshot.migrations));
  EXPECT_EQ(again->asked_node_count, 5);
  EXPECT_EQ(again->agreeing_node_count, 4);
}

TEST(ToSnapshotTest, RefusesWhatIsNoTopology) {
  const auto refuses = [](void (*damage)(v1::Topology&)) {
    v1::Topology message = Message();
    damage(message);
    return absl::IsInvalidArgument(ToSnapshot(message, nullptr).status());
  };
  EXPECT_TRUE(refuses([](v1::Topology& message) {
    message.mutable_shards(0)->mutable_slot_ranges(0)->set_last(16384);
  }));
  EXPECT_TRUE(refuses([](v1::Topology& message) {
    message.mutable_shards(0)->mutable_slot_ranges(0)->set_first(-1);
  }));
  EXPECT_TRUE(refuses([](v1::Topology& message) {
    message.mutable_shards(2)->mutable_slot_ranges(0)->set_last(0);
  }));
  EXPECT_TRUE(refuses([](v1::Topology& message) {
    *message.add_shards() = message.shards(0);
  }));
  EXPECT_TRUE(refuses([](v1::Topology& message) {
    message.mutable_migrations(0)->set_slot(20000);
  }));
  EXPECT_TRUE(refuses([](v1::Topology& message) {
    message.mutable_stamp()->set_version("another");
  }));
}

}  // namespace
}  // namespace slotplanner
