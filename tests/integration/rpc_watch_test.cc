// SPDX-License-Identifier: Apache-2.0
// WatchTopology over real connections.
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include "slotplanner/rpc/v1/error_details.pb.h"
#include "slotplanner/v1/topology_service.grpc.pb.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/rpc/services.h"
#include "service/rpc/topology_watches.h"
#include "tests/support/serving.h"

namespace slotplanner {
namespace {

using Response = v1::WatchTopologyResponse;

constexpr int kMaxWatchers = 3;

class WatchTopologyTest : public testing::Test {
 protected:
  WatchTopologyTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = v1::TopologyService::NewStub(grpc::CreateChannel(
        absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  }

  // A topology of so many shards; returns its version.
  std::string Publish(int shard_count,
                      std::vector<SlotMigration> migrations = {}) {
    auto topology =
        std::make_shared<const ClusterTopology>(MakeEvenTopology(shard_count));
    store().Publish(std::make_shared<const ClusterSnapshot>(
        ClusterSnapshot{.topology = topology,
                        .catalog = catalog_,
                        .confirm_time = absl::Now(),
                        .migrations = std::move(migrations)}));
    return topology->version();
  }

  TopologyStore& store() { return serving_.cluster().store; }

  void WaitForWatchers(size_t count) {
    while (store().watcher_count() != count) std::this_thread::yield();
  }

  Serving serving_{{"default"},
                   {.call_limits = {.max_watchers = kMaxWatchers}}};
  std::shared_ptr<const CommandCatalog> catalog_ = CommandCatalog::Redis70();
  std::unique_ptr<grpc::Service> service_ =
      MakeTopologyService(serving_.gate, serving_.watches, serving_.metrics);
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::TopologyService::Stub> stub_;
};

// One WatchTopology call; its destructor cancels it.
class Watcher {
 public:
  explicit Watcher(v1::TopologyService::Stub& stub)
      : reader_(stub.WatchTopology(&context_, {})) {}
  ~Watcher() {
    context_.TryCancel();
    if (!is_finished_) reader_->Finish();
  }

  // The next topology's version; empty when there is no next one.
  std::string Next() {
    Response response;
    if (!reader_->Read(&response)) return "";
    last_ = response.topology();
    return last_.stamp().version();
  }

  const v1::Topology& last() const { return last_; }
  // How the call ended. Once, after `Next` has given nothing.
  grpc::Status Finish() {
    is_finished_ = true;
    return reader_->Finish();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<Response>> reader_;
  v1::Topology last_;
  bool is_finished_ = false;
};

std::string ReasonOf(const grpc::Status& status) {
  rpc::v1::Status details;
  rpc::v1::ErrorInfo info;
  if (!details.ParseFromString(status.error_details()) ||
      details.details().empty() ||
      !info.ParseFromString(details.details(0).value())) {
    return "";
  }
  return info.reason();
}

TEST_F(WatchTopologyTest, SendsTheCurrentTopologyThenEachChange) {
  const std::string first = Publish(3);
  Watcher watcher(*stub_);
  EXPECT_EQ(watcher.Next(), first);
  EXPECT_EQ(watcher.last().shards_size(), 3);
  EXPECT_EQ(watcher.last().commands_version(), catalog_->version());

  Publish(3);  // Confirmed, not changed.
  const std::string second = Publish(4);
  EXPECT_EQ(watcher.Next(), second);

  // Migrations are a change, though not of the version (rule F5).
  Publish(4, {{.slot = *HashSlot::FromNumber(7),
               .source_node_id = "a",
               .target_node_id = "b"}});
  EXPECT_EQ(watcher.Next(), second);
  ASSERT_EQ(watcher.last().migrations_size(), 1);
  EXPECT_EQ(watcher.last().migrations(0).slot(), 7);
}

TEST_F(WatchTopologyTest, WaitsForTheFirstTopology) {
  Watcher watcher(*stub_);
  WaitForWatchers(1);
  const std::string first = Publish(3);
  EXPECT_EQ(watcher.Next(), first);
}

TEST_F(WatchTopologyTest, ASlowWatcherSkipsToTheNewest) {
  Publish(1);
  Watcher watcher(*stub_);
  // Topologies of 40 to 60 kB: two of them fill the window of a stream that
  // nobody reads, 64 KiB.
  std::string newest;
  for (int round = 0; round < 20; ++round) {
    for (int shards = 600; shards < 620; ++shards) newest = Publish(shards);
  }
  int count = 1;
  while (watcher.Next() != newest) ++count;
  EXPECT_LT(count, 100);
}

TEST_F(WatchTopologyTest, ForgetsACallerWhoLeaves) {
  Publish(3);
  {
    Watcher watcher(*stub_);
    watcher.Next();
    EXPECT_EQ(store().watcher_count(), 1u);
  }
  WaitForWatchers(0);
}

TEST_F(WatchTopologyTest, TakesAsManyWatchersAsAllowed) {
  Publish(3);
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (int i = 0; i < kMaxWatchers; ++i) {
    watchers.push_back(std::make_unique<Watcher>(*stub_));
    EXPECT_NE(watchers.back()->Next(), "");
  }
  Watcher one_more(*stub_);
  EXPECT_EQ(one_more.Next(), "");
  const grpc::Status status = one_more.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "OVERLOADED");

  watchers.pop_back();
  WaitForWatchers(kMaxWatchers - 1);
  // The place is free a moment after the store has forgotten the watcher.
  std::string version;
  while (version.empty()) version = Watcher(*stub_).Next();
}

TEST_F(WatchTopologyTest, EndsWhenTheServerIsAboutToStop) {
  Publish(3);
  Watcher watcher(*stub_);
  watcher.Next();
  serving_.watches.EndAll();
  EXPECT_EQ(watcher.Next(), "");
  const grpc::Status ended = watcher.Finish();
  EXPECT_EQ(ended.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(ended), "STOPPING");

  Watcher late(*stub_);
  EXPECT_EQ(late.Next(), "");
  EXPECT_EQ(ReasonOf(late.Finish()), "STOPPING");
}

}  // namespace
}  // namespace slotplanner
