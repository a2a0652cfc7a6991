// SPDX-License-Identifier: Apache-2.0
// SlotPlannerClient against a gRPC server in this process.
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "slotplanner/rpc/v1/error_details.pb.h"

#include "absl/strings/cord.h"
#include "absl/time/clock.h"
#include "client/cpp/slot_planner_client.h"
#include "tests/integration/client_fake_planner.h"

namespace slotplanner {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// An error as the server sends it, with an ErrorInfo of that reason.
grpc::Status ErrorWithReason(grpc::StatusCode code, const std::string& reason,
                             const std::string& domain = "slotplanner") {
  rpc::v1::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain(domain);
  rpc::v1::Status details;
  details.set_code(code);
  details.set_message("It cannot be done.");
  google::protobuf::Any& any = *details.add_details();
  any.set_type_url("type.googleapis.com/google.rpc.ErrorInfo");
  any.set_value(info.SerializeAsString());
  return {code, details.message(), details.SerializeAsString()};
}

class SlotPlannerClientTest : public ::testing::Test {
 protected:
  FakePlanner planner_;
  // Time enough for three retries, which wait up to 0.7 s in all.
  std::unique_ptr<SlotPlannerClient> client_ = MakeSlotPlannerClient(
      {.target = planner_.target(), .default_timeout = absl::Seconds(30)});
};

TEST_F(SlotPlannerClientTest, CallsEveryMethod) {
  planner_.keyslot.response.set_slot(12182);
  v1::KeyslotRequest keyslot;
  keyslot.set_key("\xff\0foo");
  EXPECT_EQ(client_->Keyslot(keyslot)->slot(), 12182);
  EXPECT_EQ(planner_.keyslot.request().key(), keyslot.key());

  planner_.group_keys.response.add_slots(5061);
  EXPECT_EQ(client_->GroupKeys({})->slots(0), 5061);

  planner_.plan_batch.response.add_literals("2");
  EXPECT_EQ(client_->PlanBatch({})->literals(0), "2");

  planner_.get_topology.response.mutable_topology()->set_asked_node_count(3);
  EXPECT_EQ(client_->GetTopology({})->topology().asked_node_count(), 3);

  planner_.get_commands.response.set_commands_version("v1");
  EXPECT_EQ(client_->GetCommands({})->commands_version(), "v1");

  EXPECT_GT(client_->GetKeyPositions({})->commands_size(), 300);

  planner_.report_redirection.response.mutable_topology()->set_version("v2");
  v1::ReportRedirectionRequest report;
  report.set_error("MOVED 1 n:7000");
  EXPECT_EQ(client_->ReportRedirection(report)->topology().version(), "v2");
  EXPECT_EQ(planner_.report_redirection.request().error(), report.error());

  planner_.explain_error.response.set_message("why");
  EXPECT_EQ(client_->ExplainError({})->message(), "why");

  planner_.suggest_hash_tags.response.add_groups();
  EXPECT_EQ(client_->SuggestHashTags({})->groups_size(), 1);

  planner_.mint_hash_tags.response.add_tags()->set_tag("06S");
  EXPECT_EQ(client_->MintHashTags({})->tags(0).tag(), "06S");

  planner_.check_templates.response.add_checks();
  EXPECT_EQ(client_->CheckTemplates({})->checks_size(), 1);
}

v1::PlanBatchRequest RequestOf(
    const std::vector<std::vector<std::string>>& commands) {
  v1::PlanBatchRequest request;
  for (const std::vector<std::string>& args : commands) {
    v1::Command& command = *request.add_commands();
    for (const std::string& arg : args) command.add_args(arg);
  }
  return request;
}

TEST_F(SlotPlannerClientTest, SendsNoValuesToBeAdvisedOn) {
  const std::string secret = "hunter2";
  const v1::PlanBatchRequest batch = RequestOf(
      {{"MSET", "a", secret, "b", secret}, {"EVAL", secret, "1", "k"}});

  v1::ExplainErrorRequest error;
  error.set_error("CROSSSLOT");
  *error.mutable_command() = batch.commands(0);
  ASSERT_TRUE(client_->ExplainError(error).ok());
  const v1::ExplainErrorRequest sent_error = planner_.explain_error.request();
  EXPECT_EQ(sent_error.SerializeAsString().find(secret), std::string::npos);
  EXPECT_EQ(sent_error.error(), "CROSSSLOT");
  EXPECT_THAT(sent_error.command().args(),
              testing::ElementsAre("MSET", "a", "", "b", ""));

  v1::SuggestHashTagsRequest request;
  *request.mutable_commands() = batch.commands();
  request.set_max_suggestions(7);
  ASSERT_TRUE(client_->SuggestHashTags(request).ok());
  const v1::SuggestHashTagsRequest sent = planner_.suggest_hash_tags.request();
  EXPECT_EQ(sent.SerializeAsString().find(secret), std::string::npos);
  EXPECT_EQ(sent.max_suggestions(), 7);
  EXPECT_THAT(sent.commands(1).args(),
              testing::ElementsAre("EVAL", "", "1", "k"));
}

TEST_F(SlotPlannerClientTest, SendsPatternsButNoValuesToBeChecked) {
  v1::CheckTemplatesRequest request;
  request.set_cluster("orders");
  *request.mutable_commands() =
      RequestOf({{"SET", "user:<id>", "hunter2", "EX", "<seconds>"},
                 {"SCAN", "0", "MATCH", "user:<id>:*"},
                 {"keys", "{<id>}*"},
                 {"HSCAN", "h", "0", "MATCH", "hunter2"}})
          .commands();
  ASSERT_TRUE(client_->CheckTemplates(request).ok());
  const v1::CheckTemplatesRequest sent = planner_.check_templates.request();
  EXPECT_EQ(sent.cluster(), "orders");
  ASSERT_EQ(sent.commands_size(), 4);
  EXPECT_THAT(sent.commands(0).args(),
              ElementsAre("SET", "user:<id>", "", "", ""));
  EXPECT_THAT(sent.commands(1).args(),
              ElementsAre("SCAN", "0", "MATCH", "user:<id>:*"));
  EXPECT_THAT(sent.commands(2).args(), ElementsAre("keys", "{<id>}*"));
  EXPECT_THAT(sent.commands(3).args(), ElementsAre("HSCAN", "h", "", "", ""));
}

TEST_F(SlotPlannerClientTest, SendsNoValuesOfABatch) {
  const std::string secret = "hunter2";
  v1::PlanBatchRequest request =
      RequestOf({{"SET", "k", secret},
                 {"MSET", "a", secret, "b", secret},
                 {"EVAL", secret, "1", "k", secret},
                 {"SPUBLISH", "c", secret},
                 {"CONFIG", "SET", "requirepass", secret},
                 {"AUTH", secret},
                 {"MIGRATE", "h", "1", "k", "0", "9", "AUTH2", "u", secret},
                 {"NOSUCH", secret},
                 {"OBJECT", "NOSUCH", secret}});
  request.set_cluster("orders");
  ASSERT_TRUE(client_->PlanBatch(request).ok());
  ASSERT_TRUE(client_->PlanBatch(request, absl::InfiniteFuture()).ok());
  ASSERT_EQ(planner_.plan_batch.call_count(), 2);
  for (const v1::PlanBatchRequest& sent : planner_.plan_batch.requests()) {
    const std::string bytes = sent.SerializeAsString();
    EXPECT_EQ(bytes.find(secret), std::string::npos);
    EXPECT_NE(bytes.find("orders"), std::string::npos);
    ASSERT_EQ(sent.commands_size(), request.commands_size());
    for (int i = 0; i < request.commands_size(); ++i) {
      EXPECT_EQ(sent.commands(i).args_size(), request.commands(i).args_size());
    }
    EXPECT_THAT(sent.commands(1).args(), ElementsAre("MSET", "a", "", "b", ""));
  }
}

TEST_F(SlotPlannerClientTest, AsksOnceWhatIsReadOfTheCommandsOfACluster) {
  v1::PlanBatchRequest request = RequestOf({{"GET", "k"}});
  request.set_cluster("orders");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client_->PlanBatch(request).ok());
  EXPECT_EQ(planner_.get_key_positions.call_count(), 1);
  EXPECT_EQ(planner_.get_key_positions.request().cluster(), "orders");
}

TEST_F(SlotPlannerClientTest, PlansNothingWhileItCannotTellValues) {
  planner_.get_key_positions.FailNext(
      {grpc::StatusCode::PERMISSION_DENIED, "no"});
  const v1::PlanBatchRequest request = RequestOf({{"SET", "k", "v"}});
  EXPECT_EQ(client_->PlanBatch(request).status().code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(planner_.plan_batch.call_count(), 0);
  EXPECT_TRUE(client_->PlanBatch(request).ok());
}

TEST_F(SlotPlannerClientTest, CarriesMessagesOf32MiBBothWays) {
  const std::string large(size_t{32} << 20, 'x');
  planner_.plan_batch.response.add_literals(large);
  v1::PlanBatchRequest request;
  request.add_commands()->add_args(large);
  const auto response = client_->PlanBatch(request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->literals(0), large);
}

TEST_F(SlotPlannerClientTest, AFailureHasTheServersCodeMessageAndDetails) {
  planner_.plan_batch.FailNext(
      ErrorWithReason(grpc::StatusCode::NOT_FOUND, "UNKNOWN_CLUSTER"));
  const absl::Status status = client_->PlanBatch({}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "It cannot be done.");
  const auto payload =
      status.GetPayload("type.googleapis.com/google.rpc.ErrorInfo");
  ASSERT_TRUE(payload.has_value());
  rpc::v1::ErrorInfo info;
  ASSERT_TRUE(info.ParseFromString(std::string(*payload)));
  EXPECT_EQ(info.domain(), "slotplanner");
  EXPECT_EQ(ErrorReasonOf(status), v1::ERROR_REASON_UNKNOWN_CLUSTER);
}

TEST_F(SlotPlannerClientTest, ReasonsThatItDoesNotKnowAreNone) {
  planner_.keyslot.FailNext(
      ErrorWithReason(grpc::StatusCode::INTERNAL, "INVENTED_LATER"));
  EXPECT_EQ(ErrorReasonOf(client_->Keyslot({}).status()), std::nullopt);
  planner_.keyslot.FailNext(ErrorWithReason(
      grpc::StatusCode::INTERNAL, "UNKNOWN_CLUSTER", "somebody.else"));
  EXPECT_EQ(ErrorReasonOf(client_->Keyslot({}).status()), std::nullopt);
  planner_.keyslot.FailNext({grpc::StatusCode::INTERNAL, "bare"});
  EXPECT_EQ(ErrorReasonOf(client_->Keyslot({}).status()), std::nullopt);
  EXPECT_EQ(ErrorReasonOf(absl::OkStatus()), std::nullopt);
}

TEST_F(SlotPlannerClientTest, TriesAgainWhileTheServerIsUnavailable) {
  for (int i = 0; i < 3; ++i) {
    planner_.plan_batch.FailNext(
        ErrorWithReason(grpc::StatusCode::UNAVAILABLE, "TOPOLOGY_NOT_READY"));
  }
  EXPECT_TRUE(client_->PlanBatch({}).ok());
  EXPECT_EQ(planner_.plan_batch.call_count(), 4);
}

TEST_F(SlotPlannerClientTest, RetriesRequestsOfAnySize) {
  planner_.plan_batch.FailNext(
      ErrorWithReason(grpc::StatusCode::UNAVAILABLE, "OVERLOADED"));
  v1::PlanBatchRequest request;
  request.add_commands()->add_args(std::string(size_t{8} << 20, 'x'));
  EXPECT_TRUE(client_->PlanBatch(request).ok());
}

TEST_F(SlotPlannerClientTest, GivesUpAfterFourAttempts) {
  for (int i = 0; i < 4; ++i) {
    planner_.get_topology.FailNext(
        ErrorWithReason(grpc::StatusCode::UNAVAILABLE, "TOPOLOGY_STALE"));
  }
  const absl::Status status = client_->GetTopology({}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReasonOf(status), v1::ERROR_REASON_TOPOLOGY_STALE);
  EXPECT_EQ(planner_.get_topology.call_count(), 4);
}

TEST_F(SlotPlannerClientTest, OtherFailuresAreFinal) {
  planner_.keyslot.FailNext(
      ErrorWithReason(grpc::StatusCode::INVALID_ARGUMENT, "TOO_MANY"));
  EXPECT_FALSE(client_->Keyslot({}).ok());
  EXPECT_EQ(planner_.keyslot.call_count(), 1);
}

TEST_F(SlotPlannerClientTest, KeepsTheDeadlineOfTheCall) {
  EXPECT_EQ(client_->Keyslot({}, absl::InfinitePast()).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(SlotPlannerClientTest, AcceptsTargetsOfOtherSchemes) {
  for (const std::string scheme : {"dns:///", "dns:", "ipv4:"}) {
    const auto client =
        MakeSlotPlannerClient({.target = scheme + planner_.target()});
    EXPECT_TRUE(client->Keyslot({}).ok()) << scheme;
  }
}

// Takes the versions of the topologies that come.
class Versions {
 public:
  explicit Versions(size_t wanted) : wanted_(wanted) {}

  bool operator()(const v1::Topology& topology) {
    seen.push_back(topology.stamp().version());
    return seen.size() < wanted_;
  }

  std::vector<std::string> seen;

 private:
  size_t wanted_;
};

TEST_F(SlotPlannerClientTest, WatchesUntilItHasSeenEnough) {
  planner_.watch_topology.ServeNext({"v1", "v2", "v3"}, std::nullopt);
  Versions versions(2);
  EXPECT_EQ(client_->WatchTopology({}, std::ref(versions)), absl::OkStatus());
  EXPECT_THAT(versions.seen, ElementsAre("v1", "v2"));
}

TEST_F(SlotPlannerClientTest, AWatchThatEndsSaysWhy) {
  planner_.watch_topology.ServeNext(
      {"v1"}, ErrorWithReason(grpc::StatusCode::NOT_FOUND, "UNKNOWN_CLUSTER"));
  Versions versions(2);
  const absl::Status status = client_->WatchTopology({}, std::ref(versions));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ErrorReasonOf(status), v1::ERROR_REASON_UNKNOWN_CLUSTER);
  EXPECT_THAT(versions.seen, ElementsAre("v1"));
}

TEST_F(SlotPlannerClientTest, AWatchThatTheServerEndsIsToBeMadeAgain) {
  planner_.watch_topology.ServeNext({"v1"}, grpc::Status::OK);
  Versions versions(2);
  EXPECT_EQ(client_->WatchTopology({}, std::ref(versions)).code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(SlotPlannerClientTest, AWatchIsStoppedFromAnotherThread) {
  planner_.watch_topology.ServeNext({"v1"}, std::nullopt);
  std::stop_source stop;
  std::jthread stopper;
  const auto on_topology = [&](const v1::Topology&) {
    stopper = std::jthread([&stop] { stop.request_stop(); });
    return true;
  };
  EXPECT_EQ(client_->WatchTopology({}, on_topology, stop.get_token()).code(),
            absl::StatusCode::kCancelled);
}

TEST_F(SlotPlannerClientTest, AWatchThatIsStoppedAlreadyDoesNotBegin) {
  planner_.watch_topology.ServeNext({"v1"}, std::nullopt);
  std::stop_source stop;
  stop.request_stop();
  Versions versions(1);
  EXPECT_EQ(
      client_->WatchTopology({}, std::ref(versions), stop.get_token()).code(),
      absl::StatusCode::kCancelled);
  EXPECT_THAT(versions.seen, IsEmpty());
}

}  // namespace
}  // namespace slotplanner
