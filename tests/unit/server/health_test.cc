// SPDX-License-Identifier: Apache-2.0
#include "server/health.h"

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slotplanner {
namespace {

using testing::Optional;

constexpr char kOrders[] = "slotplanner.v1.SlotPlannerService/orders";
constexpr char kCarts[] = "slotplanner.v1.SlotPlannerService/carts";

class HealthTest : public testing::Test {
 protected:
  HealthService service_{/*max_watchers=*/0, /*gate=*/nullptr};
  Health health_{&service_, {"orders", "carts"}};
};

TEST_F(HealthTest, IsAliveButNotReadyAtFirst) {
  EXPECT_THAT(service_.IsServing(""), Optional(true));
  EXPECT_THAT(service_.IsServing(kApiServiceName), Optional(false));
  EXPECT_THAT(service_.IsServing(kOrders), Optional(false));
  EXPECT_THAT(service_.IsServing(kCarts), Optional(false));
  EXPECT_EQ(health_.Check().message(),
            "The topology of the default cluster has not been read yet.");
}

TEST_F(HealthTest, IsReadyOnceTheDefaultClusterServes) {
  health_.SetClusterServing("carts", true);
  EXPECT_THAT(service_.IsServing(kCarts), Optional(true));
  EXPECT_THAT(service_.IsServing(kApiServiceName), Optional(false));
  EXPECT_FALSE(health_.Check().ok());

  health_.SetClusterServing("orders", true);
  EXPECT_THAT(service_.IsServing(kOrders), Optional(true));
  EXPECT_THAT(service_.IsServing(kApiServiceName), Optional(true));
  EXPECT_TRUE(health_.Check().ok());
}

// Rule G5: the cluster shows as out of service, the process stays ready.
TEST_F(HealthTest, StaysReadyWhenAClusterGoesAway) {
  health_.SetClusterServing("orders", true);
  health_.SetClusterServing("orders", false);
  EXPECT_THAT(service_.IsServing(kOrders), Optional(false));
  EXPECT_THAT(service_.IsServing(kApiServiceName), Optional(true));
  EXPECT_TRUE(health_.Check().ok());
  health_.SetClusterServing("orders", true);
  EXPECT_THAT(service_.IsServing(kOrders), Optional(true));
}

TEST_F(HealthTest, NeverComesBackFromDraining) {
  health_.MarkDraining();
  health_.SetClusterServing("orders", true);
  EXPECT_THAT(service_.IsServing(""), Optional(false));
  EXPECT_THAT(service_.IsServing(kApiServiceName), Optional(false));
  EXPECT_THAT(service_.IsServing(kOrders), Optional(false));
  EXPECT_EQ(health_.Check().message(), "The server is stopping.");
}

TEST_F(HealthTest, TellsOfClustersAsTheyComeAndGo) {
  constexpr char kUsers[] = "slotplanner.v1.SlotPlannerService/users";
  EXPECT_EQ(service_.IsServing(kUsers), std::nullopt);
  health_.AddCluster("users");
  EXPECT_THAT(service_.IsServing(kUsers), Optional(false));
  health_.SetClusterServing("users", true);
  health_.AddCluster("users");
  EXPECT_THAT(service_.IsServing(kUsers), Optional(true));

  health_.RemoveCluster("users");
  EXPECT_EQ(service_.IsServing(kUsers), std::nullopt);
  health_.SetClusterServing("users", true);
  EXPECT_EQ(service_.IsServing(kUsers), std::nullopt);
  health_.AddCluster("users");
  EXPECT_THAT(service_.IsServing(kUsers), Optional(false));
}

TEST_F(HealthTest, IsReadyOnceAnotherDefaultClusterServes) {
  health_.SetDefaultCluster("carts");
  health_.SetClusterServing("orders", true);
  EXPECT_FALSE(health_.Check().ok());
  health_.SetClusterServing("carts", true);
  EXPECT_TRUE(health_.Check().ok());
}

TEST_F(HealthTest, IsReadyAtOnceWithADefaultClusterThatServesAlready) {
  health_.SetClusterServing("carts", true);
  EXPECT_FALSE(health_.Check().ok());
  health_.SetDefaultCluster("carts");
  EXPECT_TRUE(health_.Check().ok());
  EXPECT_THAT(service_.IsServing(kApiServiceName), Optional(true));
}

TEST_F(HealthTest, StaysReadyWhateverTheDefaultClusterBecomes) {
  health_.SetClusterServing("orders", true);
  health_.SetDefaultCluster("carts");
  health_.RemoveCluster("orders");
  EXPECT_TRUE(health_.Check().ok());
  EXPECT_THAT(service_.IsServing(kApiServiceName), Optional(true));
}

TEST_F(HealthTest, AClusterThatComesWhileDrainingDoesNotServe) {
  health_.MarkDraining();
  health_.AddCluster("users");
  health_.SetClusterServing("users", true);
  EXPECT_THAT(service_.IsServing("slotplanner.v1.SlotPlannerService/users"),
              Optional(false));
}

}  // namespace
}  // namespace slotplanner
