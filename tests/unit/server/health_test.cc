// SPDX-License-Identifier: Apache-2.0
#include "server/health.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace slotplanner {
namespace {

// What gRPC's service does, as its header tells.
class RecordingHealthCheckService : public grpc::HealthCheckServiceInterface {
 public:
  void SetServingStatus(const std::string& name, bool serving) override {
    if (!is_shut_down_) serving_[name] = serving;
  }
  void SetServingStatus(bool serving) override {
    for (auto& [name, value] : serving_) value = serving;
  }
  void Shutdown() override {
    SetServingStatus(false);
    is_shut_down_ = true;
  }

  bool IsServing(const std::string& name) const { return serving_.at(name); }

 private:
  std::map<std::string, bool> serving_ = {{"", true}};
  bool is_shut_down_ = false;
};

constexpr char kOrders[] = "slotplanner.v1.SlotPlannerService/orders";
constexpr char kCarts[] = "slotplanner.v1.SlotPlannerService/carts";

class HealthTest : public testing::Test {
 protected:
  RecordingHealthCheckService service_;
  Health health_{&service_, {"orders", "carts"}};
};

TEST_F(HealthTest, IsAliveButNotReadyAtFirst) {
  EXPECT_TRUE(service_.IsServing(""));
  EXPECT_FALSE(service_.IsServing(kApiServiceName));
  EXPECT_FALSE(service_.IsServing(kOrders));
  EXPECT_FALSE(service_.IsServing(kCarts));
  EXPECT_EQ(health_.Check().message(),
            "The topology of the default cluster has not been read yet.");
}

TEST_F(HealthTest, IsReadyOnceTheDefaultClusterServes) {
  health_.SetClusterServing("carts", true);
  EXPECT_TRUE(service_.IsServing(kCarts));
  EXPECT_FALSE(service_.IsServing(kApiServiceName));
  EXPECT_FALSE(health_.Check().ok());

  health_.SetClusterServing("orders", true);
  EXPECT_TRUE(service_.IsServing(kOrders));
  EXPECT_TRUE(service_.IsServing(kApiServiceName));
  EXPECT_TRUE(health_.Check().ok());
}

// Rule G5: the cluster shows as out of service, the process stays ready.
TEST_F(HealthTest, StaysReadyWhenAClusterGoesAway) {
  health_.SetClusterServing("orders", true);
  health_.SetClusterServing("orders", false);
  EXPECT_FALSE(service_.IsServing(kOrders));
  EXPECT_TRUE(service_.IsServing(kApiServiceName));
  EXPECT_TRUE(health_.Check().ok());
  health_.SetClusterServing("orders", true);
  EXPECT_TRUE(service_.IsServing(kOrders));
}

TEST_F(HealthTest, NeverComesBackFromDraining) {
  health_.MarkDraining();
  health_.SetClusterServing("orders", true);
  EXPECT_FALSE(service_.IsServing(""));
  EXPECT_FALSE(service_.IsServing(kApiServiceName));
  EXPECT_FALSE(service_.IsServing(kOrders));
  EXPECT_EQ(health_.Check().message(), "The server is stopping.");
}

}  // namespace
}  // namespace slotplanner
