// SPDX-License-Identifier: Apache-2.0
// A LocalPlanner beside the server that feeds it: the same answers.
#include "client/local/local_planner.h"

#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include "slotplanner/rpc/v1/error_details.pb.h"
#include "slotplanner/v1/slot_planner_service.grpc.pb.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "service/rpc/services.h"
#include "tests/support/plan_fixture.h"
#include "tests/support/random_seed.h"
#include "tests/support/serving.h"

namespace slotplanner {
namespace {

constexpr RequestLimits kLimits = {.max_keys = 50, .max_commands = 20};

absl::Time Soon() { return absl::Now() + absl::Seconds(30); }

class LocalPlannerTest : public testing::Test {
 protected:
  void StartServer(int port = 0) {
    // Those of one server end for good with it.
    watches_ =
        std::make_unique<TopologyWatches>(serving_.gate, serving_.metrics);
    planner_service_ = MakeSlotPlannerService(serving_.gate, serving_.metrics);
    topology_service_ =
        MakeTopologyService(serving_.gate, *watches_, serving_.metrics);
    grpc::ServerBuilder builder;
    builder.AddListeningPort(absl::StrCat("127.0.0.1:", port),
                             grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(planner_service_.get());
    builder.RegisterService(topology_service_.get());
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }

  void StopServer() {
    watches_->EndAll();
    server_->Shutdown();
    server_->Wait();
    server_.reset();
  }

  void TearDown() override {
    if (server_ != nullptr) StopServer();
  }

  void Publish(ClusterSnapshot snapshot) {
    snapshot.confirm_time = absl::Now();
    serving_.cluster().store.Publish(
        std::make_shared<const ClusterSnapshot>(std::move(snapshot)));
  }

  std::shared_ptr<const SlotPlannerClient> Client() const {
    return MakeSlotPlannerClient({.target = absl::StrCat("127.0.0.1:", port_),
                                  .default_timeout = absl::Seconds(30)});
  }

  // Waits until `planner` plans from that topology.
  static void WaitForVersion(const LocalPlanner& planner,
                             const std::string& version) {
    v1::KeyslotRequest request;
    while (planner.Keyslot(request)->topology().version() != version) {
      std::this_thread::yield();
    }
  }

  Serving serving_{{"orders"}, {.request_limits = kLimits}};
  std::unique_ptr<TopologyWatches> watches_;
  std::unique_ptr<grpc::Service> planner_service_;
  std::unique_ptr<grpc::Service> topology_service_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

// Random requests of all kinds, valid or not.
class RequestSource {
 public:
  explicit RequestSource(uint64_t seed) : random_(seed) {}

  v1::PlanBatchRequest Batch() {
    static constexpr const char* kTemplates[] = {"GET K",
                                                 "SET K v",
                                                 "MGET K K K",
                                                 "MSET K v K v",
                                                 "DEL K K",
                                                 "DBSIZE",
                                                 "KEYS *",
                                                 "MSETNX K v K v",
                                                 "SUNION K K",
                                                 "SORT K BY w_*",
                                                 "EVAL s 1 K",
                                                 "MULTI",
                                                 "EXEC",
                                                 "WATCH K",
                                                 "BLPOP K K 0",
                                                 "RANDOMKEY",
                                                 "XREAD STREAMS K K 0 0",
                                                 "NOSUCH K",
                                                 "GET",
                                                 "WAIT 1 0"};
    v1::PlanBatchRequest request;
    const int count = Number(0, 21);
    for (int i = 0; i < count; ++i) {
      auto& command = *request.add_commands();
      for (const absl::string_view word : absl::StrSplit(
               kTemplates[Number(0, std::size(kTemplates) - 1)], ' ')) {
        command.add_args(word == "K" ? Key() : std::string(word));
      }
    }
    request.set_read_preference(
        static_cast<v1::ReadPreference>(Number(0, v1::ReadPreference_MAX + 1)));
    request.set_split_policy(
        static_cast<v1::SplitPolicy>(Number(0, v1::SplitPolicy_MAX + 1)));
    request.set_client_zone(Number(0, 1) == 0 ? "a" : "elsewhere");
    if (Number(0, 9) == 0) {
      request.mutable_what_if()->set_even_shards(Number(0, 9));
    }
    // A client that asks what is read of its commands hears of the cluster
    // before it hears of the limit.
    if (count <= kLimits.max_commands && Number(0, 20) == 0) {
      request.set_cluster("nope");
    }
    return request;
  }

  v1::GroupKeysRequest Group() {
    v1::GroupKeysRequest request;
    const int count = Number(0, 51);
    for (int i = 0; i < count; ++i) request.add_keys(Key());
    request.set_grouping(
        static_cast<v1::Grouping>(Number(0, v1::Grouping_MAX + 1)));
    request.set_read_preference(
        static_cast<v1::ReadPreference>(Number(0, v1::ReadPreference_MAX)));
    return request;
  }

  std::string Key() {
    const int number = Number(0, 30);
    return number < 3 ? absl::StrCat("{tag}", number)
                      : absl::StrCat("key:", number);
  }

 private:
  int Number(int min, int max) {
    return std::uniform_int_distribution<int>(min, max)(random_);
  }

  std::mt19937_64 random_;
};

// Everything but `confirm_time`.
template <typename Response>
std::string Comparable(absl::StatusOr<Response> response) {
  if (response.ok()) {
    response->mutable_topology()->clear_confirm_time();
    return response->DebugString();
  }
  const auto reason = ErrorReasonOf(response.status());
  return absl::StrCat(absl::StatusCodeToString(response.status().code()), " ",
                      reason ? v1::ErrorReason_Name(*reason) : "", ": ",
                      response.status().message());
}

// The server's answer to the whole request. `SlotPlannerClient` leaves values
// out of it, and asks before what they are: of two faults in one request it may
// tell the other.
absl::StatusOr<v1::PlanBatchResponse> AskServer(
    v1::SlotPlannerService::Stub& stub, const v1::PlanBatchRequest& request) {
  grpc::ClientContext context;
  v1::PlanBatchResponse response;
  const grpc::Status status = stub.PlanBatch(&context, request, &response);
  if (status.ok()) return response;
  absl::Status error(static_cast<absl::StatusCode>(status.error_code()),
                     status.error_message());
  rpc::v1::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  for (const auto& detail : details.details()) {
    error.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return error;
}

TEST_F(LocalPlannerTest, AnswersAsTheServerDoes) {
  ClusterSnapshot snapshot = ThreeShards();
  snapshot.migrations = {
      {.slot = HashSlot::OfKey("key:7"),
       .source_node_id = snapshot.topology->ShardOf(HashSlot::OfKey("key:7"))
                             ->primary.node_id,
       .target_node_id = "another"}};
  Publish(snapshot);
  StartServer();
  const auto client = Client();
  const LocalPlanner planner(client, {.cluster = "orders", .limits = kLimits});
  ASSERT_TRUE(planner.WaitUntilReady(Soon()).ok());

  const auto stub = v1::SlotPlannerService::NewStub(grpc::CreateChannel(
      absl::StrCat("127.0.0.1:", port_), grpc::InsecureChannelCredentials()));
  RequestSource source(RandomSeed());
  int plans = 0;
  for (int i = 0; i < 1000; ++i) {
    const v1::PlanBatchRequest batch = source.Batch();
    const auto plan = planner.PlanBatch(batch, Soon());
    plans += plan.ok() ? 1 : 0;
    ASSERT_EQ(Comparable(plan), Comparable(AskServer(*stub, batch)))
        << batch.ShortDebugString();
    if (plan.ok()) {
      ASSERT_EQ(Comparable(plan), Comparable(client->PlanBatch(batch)))
          << batch.ShortDebugString();
    }
    const v1::GroupKeysRequest group = source.Group();
    ASSERT_EQ(Comparable(planner.GroupKeys(group)),
              Comparable(client->GroupKeys(group)))
        << group.ShortDebugString();
    v1::KeyslotRequest keyslot;
    keyslot.set_key(source.Key());
    ASSERT_EQ(Comparable(planner.Keyslot(keyslot)),
              Comparable(client->Keyslot(keyslot)));
  }
  EXPECT_GT(plans, 500);
}

TEST_F(LocalPlannerTest, FollowsTopologyMigrationsAndCommands) {
  ClusterSnapshot snapshot = ThreeShards();
  Publish(snapshot);
  StartServer();
  const LocalPlanner planner(Client());
  ASSERT_TRUE(planner.WaitUntilReady(Soon()).ok());

  snapshot.topology =
      std::make_shared<const ClusterTopology>(MakeEvenTopology(4));
  Publish(snapshot);
  WaitForVersion(planner, snapshot.topology->version());

  // Only the commands change: they have lost all but one.
  const auto is_known = [&](const char* name) {
    v1::PlanBatchRequest request;
    auto& command = *request.add_commands();
    command.add_args(name);
    command.add_args("key");
    return planner.PlanBatch(request, Soon())->command_plans(0).verdict() !=
           v1::VERDICT_REFUSED;
  };
  EXPECT_TRUE(is_known("GET"));
  EXPECT_TRUE(is_known("INCR"));
  snapshot.catalog = std::make_shared<const CommandCatalog>(
      *CommandCatalog::FromCommandReply(RespValue::Array(
          {RespValue::Array({RespValue::String("get"), RespValue::Integer(2),
                             RespValue::Array({RespValue::Status("readonly")}),
                             RespValue::Integer(1), RespValue::Integer(1),
                             RespValue::Integer(1)})})));
  Publish(snapshot);
  while (is_known("INCR")) std::this_thread::yield();
  EXPECT_TRUE(is_known("GET"));
}

TEST_F(LocalPlannerTest, SaysWhyItIsNotReady) {
  StartServer();
  const LocalPlanner stranger(Client(), {.cluster = "nope"});
  const absl::Status status =
      stranger.WaitUntilReady(absl::Now() + absl::Seconds(1));
  EXPECT_TRUE(absl::IsDeadlineExceeded(status));
  EXPECT_NE(status.message().find("No cluster named \"nope\""),
            absl::string_view::npos)
      << status;
  v1::PlanBatchRequest request;
  request.add_commands()->add_args("PING");
  EXPECT_EQ(ErrorReasonOf(stranger.PlanBatch(request, Soon()).status()),
            v1::ERROR_REASON_TOPOLOGY_NOT_READY);
  // What needs no topology is answered at once.
  EXPECT_EQ(stranger.Keyslot({})->slot(), 0);
}

TEST_F(LocalPlannerTest, PlansOnHypotheticalTopologiesBeforeTheFirstRealOne) {
  StartServer();
  const LocalPlanner planner(Client());
  v1::PlanBatchRequest request;
  v1::Command& command = *request.add_commands();
  for (const char* word : {"MGET", "a", "b", "c"}) command.add_args(word);
  request.mutable_what_if()->set_even_shards(3);
  const auto plan = planner.PlanBatch(request, Soon());
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->topology().version(), MakeEvenTopology(3).version());
  EXPECT_FALSE(plan->topology().has_confirm_time());
  const auto stub = v1::SlotPlannerService::NewStub(grpc::CreateChannel(
      absl::StrCat("127.0.0.1:", port_), grpc::InsecureChannelCredentials()));
  EXPECT_EQ(Comparable(plan), Comparable(AskServer(*stub, request)));
}

TEST_F(LocalPlannerTest, LivesThroughARestartOfTheServer) {
  ClusterSnapshot snapshot = ThreeShards();
  Publish(snapshot);
  StartServer();
  const LocalPlanner planner(Client(),
                             {.backoff = {.first = absl::Milliseconds(10),
                                          .max = absl::Milliseconds(10)}});
  ASSERT_TRUE(planner.WaitUntilReady(Soon()).ok());
  StopServer();
  v1::PlanBatchRequest request;
  request.add_commands()->add_args("PING");
  EXPECT_TRUE(planner.PlanBatch(request, Soon()).ok());

  snapshot.topology =
      std::make_shared<const ClusterTopology>(MakeEvenTopology(5));
  Publish(snapshot);
  StartServer(port_);
  WaitForVersion(planner, snapshot.topology->version());
}

TEST_F(LocalPlannerTest, RefusesWhenTheServerHasBeenAwayForTooLong) {
  Publish(ThreeShards());
  StartServer();
  const LocalPlanner planner(Client(),
                             {.max_topology_age = absl::Milliseconds(1)});
  ASSERT_TRUE(planner.WaitUntilReady(Soon()).ok());
  v1::PlanBatchRequest request;
  request.add_commands()->add_args("PING");
  EXPECT_TRUE(planner.PlanBatch(request, Soon()).ok());
  StopServer();
  absl::Status status;
  while (status.ok()) status = planner.PlanBatch(request, Soon()).status();
  EXPECT_EQ(ErrorReasonOf(status), v1::ERROR_REASON_TOPOLOGY_STALE);
  EXPECT_FALSE(planner.Keyslot({})->has_owner());
}

}  // namespace
}  // namespace slotplanner
