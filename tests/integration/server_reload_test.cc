// SPDX-License-Identifier: Apache-2.0
// A server that takes new settings over while it is called.
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include "slotplanner/rpc/v1/error_details.pb.h"
#include "slotplanner/v1/slot_planner_service.grpc.pb.h"
#include "slotplanner/v1/topology_service.grpc.pb.h"

#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/config_file.h"
#include "server/server.h"

namespace slotplanner {
namespace {

using HealthRequest = grpc::health::v1::HealthCheckRequest;
using HealthResponse = grpc::health::v1::HealthCheckResponse;

constexpr char kOrders[] = "{name: orders, source: 'static:3'}";
constexpr char kCarts[] = "{name: carts, source: 'static:5'}";
constexpr char kLargerCarts[] = "{name: carts, source: 'static:7'}";
constexpr char kApi[] = "slotplanner.v1.SlotPlannerService";

// The settings of a server with these clusters, and others in YAML.
ServerOptions OptionsOf(const std::vector<std::string>& clusters,
                        const std::string& more = "") {
  std::string list;
  for (const std::string& cluster : clusters) {
    absl::StrAppend(&list, list.empty() ? "" : ", ", cluster);
  }
  const auto config = ParseConfig(
      absl::StrCat("grpc_listen: ['127.0.0.1:0']\nadmin_listen: '127.0.0.1:0'\n"
                   "clusters: [",
                   list, "]\n", more));
  EXPECT_TRUE(config.ok()) << config.status();
  const auto name_of = [](std::string_view path) { return std::string(path); };
  ServerOptions options;
  EXPECT_TRUE(ApplyConfig(*config, name_of, options).ok());
  EXPECT_TRUE(CompleteOptions(*config, name_of, options).ok());
  return options;
}

// The reason of an error; `OK` when there is none.
std::string ReasonOf(const grpc::Status& status) {
  if (status.ok()) return "OK";
  rpc::v1::Status details;
  rpc::v1::ErrorInfo info;
  if (!details.ParseFromString(status.error_details()) ||
      details.details().empty() ||
      !info.ParseFromString(details.details(0).value())) {
    return status.error_message();
  }
  return info.reason();
}

void SetDeadline(grpc::ClientContext& context) {
  // Only a hanging test reaches it.
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(60));
}

class ServerReloadTest : public testing::Test {
 protected:
  ServerReloadTest()
      : server_(Server::Start(OptionsOf({kOrders, kCarts})).value()) {
    channel_ = grpc::CreateChannel(
        absl::StrCat("127.0.0.1:", server_->grpc_addresses()[0].port),
        grpc::InsecureChannelCredentials());
    topology_ = v1::TopologyService::NewStub(channel_);
    planner_ = v1::SlotPlannerService::NewStub(channel_);
    health_ = grpc::health::v1::Health::NewStub(channel_);
    WaitForShards("orders", 3);
    WaitForShards("carts", 5);
  }

  // The number of its shards, or the reason of the error.
  std::string ShardsOf(const std::string& cluster) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::GetTopologyRequest request;
    request.set_cluster(cluster);
    v1::GetTopologyResponse response;
    const grpc::Status status =
        topology_->GetTopology(&context, request, &response);
    return status.ok() ? absl::StrCat(response.topology().shards_size())
                       : ReasonOf(status);
  }

  void WaitForShards(const std::string& cluster, int count) {
    while (ShardsOf(cluster) != absl::StrCat(count)) std::this_thread::yield();
  }

  // What health tells of a cluster, or of the API.
  std::string HealthOf(const std::string& cluster) {
    grpc::ClientContext context;
    SetDeadline(context);
    HealthRequest request;
    request.set_service(cluster.empty() ? kApi
                                        : absl::StrCat(kApi, "/", cluster));
    HealthResponse response;
    const grpc::Status status = health_->Check(&context, request, &response);
    return status.ok()
               ? HealthResponse::ServingStatus_Name(response.status())
               : absl::StrCat("code ", static_cast<int>(status.error_code()));
  }

  // How many samples have that value of the label `cluster`.
  int SamplesOf(const std::string& cluster) {
    int count = 0;
    const auto families = server_->metrics().Collect();
    for (const auto& family : families) {
      for (const auto& metric : family.metric) {
        for (const auto& label : metric.label) {
          count += label.name == "cluster" && label.value == cluster ? 1 : 0;
        }
      }
    }
    return count;
  }

  // By value of the label `cluster`; -1 without such a sample.
  double ClusterGauge(const std::string& name, const std::string& cluster) {
    const auto families = server_->metrics().Collect();
    for (const auto& family : families) {
      if (family.name != name) continue;
      for (const auto& metric : family.metric) {
        for (const auto& label : metric.label) {
          if (label.value == cluster) return metric.gauge.value;
        }
      }
    }
    return -1;
  }

  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::TopologyService::Stub> topology_;
  std::unique_ptr<v1::SlotPlannerService::Stub> planner_;
  std::unique_ptr<grpc::health::v1::Health::Stub> health_;
};

// One WatchTopology call.
class Watcher {
 public:
  Watcher(v1::TopologyService::Stub& stub, const std::string& cluster) {
    SetDeadline(context_);
    v1::WatchTopologyRequest request;
    request.set_cluster(cluster);
    reader_ = stub.WatchTopology(&context_, request);
  }
  ~Watcher() {
    context_.TryCancel();
    if (!has_ended_) reader_->Finish();
  }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // The number of shards of the next topology, or the reason of its end.
  std::string Next() {
    v1::WatchTopologyResponse response;
    if (reader_->Read(&response)) {
      return absl::StrCat(response.topology().shards_size());
    }
    has_ended_ = true;
    return ReasonOf(reader_->Finish());
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchTopologyResponse>> reader_;
  bool has_ended_ = false;
};

TEST_F(ServerReloadTest, ServesAClusterThatIsAdded) {
  EXPECT_EQ(ShardsOf("stock"), "UNKNOWN_CLUSTER");
  EXPECT_EQ(HealthOf("stock"), "code 5");  // NOT_FOUND
  Watcher orders(*topology_, "orders");
  EXPECT_EQ(orders.Next(), "3");
  server_->Apply(
      OptionsOf({kOrders, kCarts, "{name: stock, source: 'static:2'}"}));
  WaitForShards("stock", 2);
  while (HealthOf("stock") != "SERVING") std::this_thread::yield();
  EXPECT_GT(SamplesOf("stock"), 0);
  EXPECT_EQ(ShardsOf("orders"), "3");

  // The others have noticed nothing: what the watch gets next is what comes
  // after that.
  server_->Apply(OptionsOf({kCarts}));
  EXPECT_EQ(orders.Next(), "UNKNOWN_CLUSTER");
}

TEST_F(ServerReloadTest, ForgetsAClusterThatIsRemoved) {
  Watcher carts(*topology_, "carts");
  Watcher orders(*topology_, "orders");
  EXPECT_EQ(carts.Next(), "5");
  EXPECT_EQ(orders.Next(), "3");
  grpc::ClientContext health_context;
  SetDeadline(health_context);
  HealthRequest health_request;
  health_request.set_service(absl::StrCat(kApi, "/carts"));
  const auto health = health_->Watch(&health_context, health_request);
  HealthResponse response;
  ASSERT_TRUE(health->Read(&response));
  EXPECT_EQ(response.status(), HealthResponse::SERVING);

  server_->Apply(OptionsOf({kOrders}));
  EXPECT_EQ(carts.Next(), "UNKNOWN_CLUSTER");
  ASSERT_TRUE(health->Read(&response));
  EXPECT_EQ(response.status(), HealthResponse::SERVICE_UNKNOWN);
  EXPECT_EQ(HealthOf("carts"), "code 5");
  EXPECT_EQ(ShardsOf("carts"), "UNKNOWN_CLUSTER");
  // Once no call holds it any more.
  while (SamplesOf("carts") > 0) std::this_thread::yield();

  EXPECT_EQ(ShardsOf("orders"), "3");
  EXPECT_EQ(ClusterGauge("slotplanner_topology_watchers", "orders"), 1);
  EXPECT_EQ(HealthOf(""), "SERVING");
  health_context.TryCancel();
  while (health->Read(&response)) continue;
  health->Finish();
}

TEST_F(ServerReloadTest, ReadsAClusterAnewWhoseSettingsChange) {
  Watcher carts(*topology_, "carts");
  EXPECT_EQ(carts.Next(), "5");
  server_->Apply(OptionsOf({kOrders, kLargerCarts}));
  // The watch goes on, and there is an answer all the time.
  EXPECT_EQ(carts.Next(), "7");
  EXPECT_EQ(ShardsOf("carts"), "7");
  EXPECT_EQ(HealthOf("carts"), "SERVING");
  // Metrics tell of a topology once it is published.
  while (ClusterGauge("slotplanner_topology_shards", "carts") != 7) {
    std::this_thread::yield();
  }
}

TEST_F(ServerReloadTest, AnswersFromTheLastTopologyUntilThereIsANewOne) {
  // Nobody is there: it cannot be read.
  server_->Apply(
      OptionsOf({kOrders, "{name: carts, source: 'redis://127.0.0.1:1'}"}));
  EXPECT_EQ(ShardsOf("carts"), "5");
  EXPECT_EQ(ShardsOf("orders"), "3");
}

TEST_F(ServerReloadTest, AnotherClusterBecomesTheDefault) {
  EXPECT_EQ(ShardsOf(""), "3");
  server_->Apply(OptionsOf({kCarts, kOrders}));
  EXPECT_EQ(ShardsOf(""), "5");
  EXPECT_EQ(HealthOf(""), "SERVING");
  // Also if the old one is gone, or the new one was not there before.
  server_->Apply(OptionsOf({"{name: stock, source: 'static:2'}"}));
  WaitForShards("", 2);
  EXPECT_EQ(HealthOf(""), "SERVING");
}

// A watch whose caller does not read: two topologies of 60 kB are more than the
// window of its stream, so that the second is under way until it reads, and the
// watch holds the cluster.
TEST_F(ServerReloadTest, AClusterComesBackWhileACallStillHoldsIt) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);  // The window stays as it is.
  const auto stub = v1::TopologyService::NewStub(grpc::CreateCustomChannel(
      absl::StrCat("127.0.0.1:", server_->grpc_addresses()[0].port),
      grpc::InsecureChannelCredentials(), arguments));
  Watcher watch(*stub, "carts");
  while (ClusterGauge("slotplanner_topology_watchers", "carts") != 1) {
    std::this_thread::yield();
  }
  for (int count = 1'000; count > 980; --count) {
    server_->Apply(OptionsOf(
        {kOrders,
         absl::StrCat("{name: carts, source: 'static:", count, "'}")}));
    WaitForShards("carts", count);
  }
  for (int i = 0; i < 10; ++i) {
    server_->Apply(OptionsOf({kOrders}));
    EXPECT_EQ(ShardsOf("carts"), "UNKNOWN_CLUSTER");
    EXPECT_EQ(HealthOf("carts"), "code 5");
    EXPECT_GT(SamplesOf("carts"), 0);  // Those of the call.

    server_->Apply(OptionsOf({kOrders, kLargerCarts}));
    WaitForShards("carts", 7);
    while (HealthOf("carts") != "SERVING") std::this_thread::yield();
    EXPECT_EQ(ClusterGauge("slotplanner_topology_watchers", "carts"), 1);
  }
  std::string last;
  while (last != "UNKNOWN_CLUSTER" && last != "Deadline Exceeded") {
    last = watch.Next();
    ASSERT_NE(last, "7");  // It began before that cluster.
  }
  while (ClusterGauge("slotplanner_topology_watchers", "carts") != 0) {
    std::this_thread::yield();
  }
  server_->Apply(OptionsOf({kOrders}));
  while (SamplesOf("carts") > 0) std::this_thread::yield();
}

// Whenever a watch begins, it does not outlive its cluster.
TEST_F(ServerReloadTest, WatchesBeginWhileTheirClusterComesAndGoes) {
  std::atomic<bool> is_over = false;
  std::vector<std::future<void>> watchers;
  for (int i = 0; i < 4; ++i) {
    watchers.push_back(std::async(std::launch::async, [&] {
      while (!is_over) {
        Watcher watch(*topology_, "carts");
        std::string last;
        while ((last = watch.Next()) == "5") continue;
        EXPECT_EQ(last, "UNKNOWN_CLUSTER");
      }
    }));
  }
  for (int i = 0; i < 500; ++i) {
    server_->Apply(OptionsOf({kOrders, kCarts}));
    WaitForShards("carts", 5);
    server_->Apply(OptionsOf({kOrders}));
  }
  is_over = true;
  for (auto& watcher : watchers) watcher.get();
}

TEST_F(ServerReloadTest, NewLimitsHoldFromTheNextCallOn) {
  const auto group = [&](int count) {
    v1::GroupKeysRequest request;
    for (int i = 0; i < count; ++i) request.add_keys("key");
    grpc::ClientContext context;
    SetDeadline(context);
    v1::GroupKeysResponse response;
    return ReasonOf(planner_->GroupKeys(&context, request, &response));
  };
  EXPECT_EQ(group(3), "OK");
  server_->Apply(OptionsOf({kOrders}, "limits: {max_keys: 2}"));
  EXPECT_EQ(group(2), "OK");
  EXPECT_EQ(group(3), "TOO_MANY");
  server_->Apply(OptionsOf({kOrders}, "limits: {max_watchers: 0}"));
  EXPECT_EQ(group(3), "OK");
  EXPECT_EQ(Watcher(*topology_, "orders").Next(), "OVERLOADED");
}

TEST_F(ServerReloadTest, ManyReloadsUnderCallsFailNone) {
  std::atomic<bool> is_over = false;
  std::vector<std::future<int>> callers;
  for (int i = 0; i < 2; ++i) {
    callers.push_back(std::async(std::launch::async, [&] {
      int failed = 0;
      while (!is_over) failed += ShardsOf("orders") == "3" ? 0 : 1;
      return failed;
    }));
  }
  for (int i = 0; i < 50; ++i) {
    server_->Apply(i % 2 == 0 ? OptionsOf({kCarts, kOrders})
                              : OptionsOf({kOrders, kLargerCarts}));
  }
  is_over = true;
  for (auto& caller : callers) EXPECT_EQ(caller.get(), 0);
}

}  // namespace
}  // namespace slotplanner
