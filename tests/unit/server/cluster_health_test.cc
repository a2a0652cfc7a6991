// SPDX-License-Identifier: Apache-2.0
#include "server/cluster_health.h"

#include <memory>

#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/time/clock.h"

namespace slotplanner {
namespace {

class CountingObserver : public RefreshObserver {
 public:
  void OnRefreshSucceeded(const RefreshReport& /*report*/) override {
    ++successes;
  }
  void OnRefreshFailed(const absl::Status& /*status*/,
                       absl::Duration /*duration*/) override {
    ++failures;
  }

  int successes = 0;
  int failures = 0;
};

class ClusterHealthTest : public testing::Test {
 protected:
  bool IsServing() const {
    return service_.IsServing("slotplanner.v1.SlotPlannerService/orders") ==
           true;
  }

  // As a refresher does it, with a topology of that age.
  void Succeed(absl::Duration age) {
    const auto snapshot = std::make_shared<const ClusterSnapshot>(
        ClusterSnapshot{.topology = std::make_shared<const ClusterTopology>(
                            MakeEvenTopology(3)),
                        .catalog = CommandCatalog::Redis70(),
                        .confirm_time = absl::Now() - age});
    store_.Publish(snapshot);
    cluster_.OnRefreshSucceeded(
        {.snapshot = snapshot, .duration = absl::Milliseconds(1)});
  }
  void Fail() {
    cluster_.OnRefreshFailed(absl::UnavailableError("down"),
                             absl::Milliseconds(1));
  }

  HealthService service_{/*max_watchers=*/0, /*gate=*/nullptr};
  Health health_{&service_, {"orders"}};
  TopologyStore store_;
  CountingObserver next_;
  ClusterHealth cluster_{"orders", absl::Hours(1), &health_, &store_, &next_};
};

TEST_F(ClusterHealthTest, ServesFromTheFirstTopologyOn) {
  Fail();
  EXPECT_FALSE(IsServing());
  Succeed(absl::ZeroDuration());
  EXPECT_TRUE(IsServing());
}

// Rule G5.
TEST_F(ClusterHealthTest, ServesThroughFailuresUntilTheTopologyIsTooOld) {
  Succeed(absl::Minutes(59));
  Fail();
  EXPECT_TRUE(IsServing());
  Succeed(absl::Minutes(61));
  Fail();
  EXPECT_FALSE(IsServing());
  Succeed(absl::ZeroDuration());
  EXPECT_TRUE(IsServing());
}

TEST_F(ClusterHealthTest, PassesEverythingOn) {
  Succeed(absl::ZeroDuration());
  Fail();
  Fail();
  EXPECT_EQ(next_.successes, 1);
  EXPECT_EQ(next_.failures, 2);
}

}  // namespace
}  // namespace slotplanner
