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

TEST(HealthTest, IsAliveButNotReadyAtFirst) {
  RecordingHealthCheckService service;
  const Health health(&service);
  EXPECT_TRUE(service.IsServing(""));
  EXPECT_FALSE(service.IsServing(kApiServiceName));
  EXPECT_EQ(health.Check().message(),
            "The topology of the default cluster has not been read yet.");
}

TEST(HealthTest, IsReadyOnceTheTopologyHasBeenRead) {
  RecordingHealthCheckService service;
  Health health(&service);
  health.MarkReady();
  EXPECT_TRUE(service.IsServing(kApiServiceName));
  EXPECT_TRUE(health.Check().ok());
}

TEST(HealthTest, NeverComesBackFromDraining) {
  RecordingHealthCheckService service;
  Health health(&service);
  health.MarkDraining();
  health.MarkReady();
  EXPECT_FALSE(service.IsServing(""));
  EXPECT_FALSE(service.IsServing(kApiServiceName));
  EXPECT_EQ(health.Check().message(), "The server is stopping.");
}

}  // namespace
}  // namespace slotplanner
