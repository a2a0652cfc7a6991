// SPDX-License-Identifier: Apache-2.0
#include "service/topology/cluster_registry.h"

#include <gtest/gtest.h>

namespace slotplanner {
namespace {

TEST(ClusterRegistryTest, FindsClustersByName) {
  const ClusterRegistry registry({"orders", "sessions"});
  EXPECT_EQ(registry.Find("orders"), &registry.entries()[0]);
  EXPECT_EQ(registry.Find("sessions"), &registry.entries()[1]);
  EXPECT_EQ(registry.Find("unknown"), nullptr);
  EXPECT_EQ(registry.Find("Orders"), nullptr);
}

TEST(ClusterRegistryTest, TheEmptyNameIsTheFirstCluster) {
  const ClusterRegistry registry({"orders", "sessions"});
  EXPECT_EQ(registry.Find(""), registry.Find("orders"));
}

TEST(ClusterRegistryTest, EachClusterHasAStoreAndRequestsOfItsOwn) {
  const ClusterRegistry registry({"orders", "sessions"});
  EXPECT_NE(registry.Find("orders")->store, registry.Find("sessions")->store);
  EXPECT_EQ(registry.Find("orders")->store->Current(), nullptr);
  EXPECT_NE(registry.Find("orders")->refresh_requests,
            registry.Find("sessions")->refresh_requests);
}

}  // namespace
}  // namespace slotplanner
