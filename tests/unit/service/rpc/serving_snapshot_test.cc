// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/serving_snapshot.h"

#include <memory>

#include <gtest/gtest.h>

#include "tests/support/plan_fixture.h"

namespace slotplanner {
namespace {

// Rule G5.
TEST(TakeSnapshotTest, GivesATopologyUpToItsGreatestAge) {
  prometheus::Registry registry;
  ServedCluster cluster("orders", registry);
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  const ServingSnapshot before = TakeSnapshot(cluster, absl::Hours(1), now);
  EXPECT_EQ(before.snapshot, nullptr);
  EXPECT_EQ(before.error->reason, v1::ERROR_REASON_TOPOLOGY_NOT_READY);

  ClusterSnapshot snapshot = ThreeShards();
  snapshot.confirm_time = now - absl::Hours(1);
  cluster.store.Publish(std::make_shared<const ClusterSnapshot>(snapshot));
  const ServingSnapshot oldest = TakeSnapshot(cluster, absl::Hours(1), now);
  EXPECT_EQ(oldest.snapshot, cluster.store.Current());
  EXPECT_FALSE(oldest.error.has_value());

  const ServingSnapshot after =
      TakeSnapshot(cluster, absl::Hours(1), now + absl::Nanoseconds(1));
  EXPECT_EQ(after.snapshot, nullptr);
  EXPECT_EQ(after.error->reason, v1::ERROR_REASON_TOPOLOGY_STALE);
  EXPECT_EQ(after.error->code, absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace slotplanner
