// SPDX-License-Identifier: Apache-2.0
// What callers may do when a topology is out of date: name it in a request, or
// report the redirection. Over real connections, with a refresher whose source
// answers when the test says so.
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include "slotplanner/v1/slot_planner_service.grpc.pb.h"
#include "slotplanner/v1/topology_service.grpc.pb.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/rpc/services.h"
#include "service/topology/topology_refresher.h"
#include "tests/support/serving.h"

namespace slotplanner {
namespace {

// Gives topologies of as many shards as the test says, when it says so.
class HeldSource : public TopologySource {
 public:
  absl::StatusOr<ClusterReading> Read(absl::Time /*deadline*/) override {
    std::unique_lock lock(mutex_);
    ++begun_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return allowed_ >= begun_; });
    return ClusterReading{.topology = std::make_shared<const ClusterTopology>(
                              MakeEvenTopology(shard_count_)),
                          .catalog = CommandCatalog::Redis70()};
  }

  // Lets reads up to number `count`, from 1, come back, with so many shards.
  void Allow(int count, int shard_count) {
    const std::lock_guard lock(mutex_);
    allowed_ = count;
    shard_count_ = shard_count;
    changed_.notify_all();
  }

  // Waits until read number `count` has begun.
  void WaitForRead(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_ >= count; });
  }

  int begun() {
    const std::lock_guard lock(mutex_);
    return begun_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int begun_ = 0;  // Guarded by mutex_, as all below.
  int allowed_ = 0;
  int shard_count_ = 1;
};

class QuietObserver : public RefreshObserver {
  void OnRefreshSucceeded(const RefreshReport& /*report*/) override {}
  void OnRefreshFailed(const absl::Status& /*status*/,
                       absl::Duration /*duration*/) override {}
};

constexpr int kForever = 1'000'000;

class RefreshFirstTest : public testing::Test {
 protected:
  RefreshFirstTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(planner_service_.get());
    builder.RegisterService(topology_service_.get());
    server_ = builder.BuildAndStart();
    const auto channel = grpc::CreateChannel(
        absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials());
    planner_ = v1::SlotPlannerService::NewStub(channel);
    topology_ = v1::TopologyService::NewStub(channel);

    auto source = std::make_unique<HeldSource>();
    source_ = source.get();
    source_->Allow(1, 3);
    ServedCluster& cluster = serving_.cluster();
    std::promise<void> is_read;  // By the first read, which this waits for.
    cluster.refresh_requests.Request([&] { is_read.set_value(); });
    refresher_ = std::make_unique<TopologyRefresher>(
        std::move(source), &cluster.store, &cluster.refresh_requests,
        &observer_,
        RefreshOptions{.interval = absl::Hours(1),
                       .min_interval = absl::Milliseconds(1)});
    is_read.get_future().get();
    version_ = cluster.store.Current()->topology->version();
  }

  ~RefreshFirstTest() override {
    source_->Allow(kForever, 3);
    server_->Shutdown();
  }

  // The version that a plan was made from, or the error's message.
  std::string Plan(const std::string& outdated_version,
                   absl::Duration timeout = absl::Minutes(1)) {
    v1::PlanBatchRequest request;
    auto& command = *request.add_commands();
    command.add_args("GET");
    command.add_args("foo");
    request.set_outdated_topology_version(outdated_version);
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    v1::PlanBatchResponse response;
    const grpc::Status status =
        planner_->PlanBatch(&context, request, &response);
    return status.ok() ? response.topology().version() : status.error_message();
  }

  std::string Group(const std::string& outdated_version) {
    v1::GroupKeysRequest request;
    request.add_keys("foo");
    request.set_outdated_topology_version(outdated_version);
    grpc::ClientContext context;
    v1::GroupKeysResponse response;
    planner_->GroupKeys(&context, request, &response);
    return response.topology().version();
  }

  std::string Report(const std::string& error, const std::string& version) {
    v1::ReportRedirectionRequest request;
    request.set_error(error);
    request.set_topology_version(version);
    grpc::ClientContext context;
    v1::ReportRedirectionResponse response;
    EXPECT_TRUE(
        topology_->ReportRedirection(&context, request, &response).ok());
    return response.topology().version();
  }

  Serving serving_{{"default"}};
  std::unique_ptr<grpc::Service> planner_service_ =
      MakeSlotPlannerService(serving_.gate, serving_.metrics);
  std::unique_ptr<grpc::Service> topology_service_ =
      MakeTopologyService(serving_.gate, serving_.watches, serving_.metrics);
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::SlotPlannerService::Stub> planner_;
  std::unique_ptr<v1::TopologyService::Stub> topology_;
  QuietObserver observer_;
  HeldSource* source_ = nullptr;  // Owned by refresher_.
  std::unique_ptr<TopologyRefresher> refresher_;
  std::string version_;  // Of three shards.
};

TEST_F(RefreshFirstTest, APlanThatNamesTheCurrentTopologyWaitsForTheNext) {
  const int reads = source_->begun();
  auto plan = std::async([&] { return Plan(version_); });
  source_->WaitForRead(reads + 1);
  source_->Allow(kForever, 4);
  EXPECT_EQ(plan.get(), MakeEvenTopology(4).version());

  auto group = std::async([&] { return Group(MakeEvenTopology(4).version()); });
  source_->WaitForRead(reads + 2);
  EXPECT_EQ(group.get(), MakeEvenTopology(4).version());
}

TEST_F(RefreshFirstTest, AnotherVersionIsOutdatedAlready) {
  const int reads = source_->begun();
  EXPECT_EQ(Plan("0123456789abcdef0123456789abcdef"), version_);
  EXPECT_EQ(Plan(""), version_);
  EXPECT_EQ(source_->begun(), reads);
}

TEST_F(RefreshFirstTest, ManyCallersCostOneRefresh) {
  const int reads = source_->begun();
  constexpr int kCallers = 50;
  std::vector<std::future<std::string>> plans;
  for (int i = 0; i < kCallers; ++i) {
    plans.push_back(
        std::async(std::launch::async, [&] { return Plan(version_); }));
  }
  // The first read began for the first caller; all that come while it is held
  // wait for the second.
  source_->WaitForRead(reads + 1);
  source_->Allow(kForever, 3);
  for (auto& plan : plans) EXPECT_EQ(plan.get(), version_);
  EXPECT_LT(source_->begun() - reads, kCallers);
}

// Within the caller's deadline: rather a plan from what is known than none.
TEST_F(RefreshFirstTest, DoesNotWaitLongerThanTheCallerCan) {
  const int reads = source_->begun();
  EXPECT_EQ(Plan(version_, absl::Seconds(2)), version_);
  EXPECT_GE(source_->begun(), reads + 1);
}

TEST_F(RefreshFirstTest, AReportOfSomethingNewBringsARefresh) {
  const int reads = source_->begun();
  EXPECT_EQ(Report("MOVED 12182 127.0.0.1:7999", version_), version_);
  source_->WaitForRead(reads + 1);
}

TEST_F(RefreshFirstTest, AReportOfWhatIsKnownBringsNone) {
  const int reads = source_->begun();
  // Slot 12182 is the last shard's.
  EXPECT_EQ(Report("MOVED 12182 127.0.0.1:7002", version_), version_);
  EXPECT_EQ(Report("CLUSTERDOWN Hash slot not served", "another"), version_);
  EXPECT_EQ(source_->begun(), reads);
}

}  // namespace
}  // namespace slotplanner
