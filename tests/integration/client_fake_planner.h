// SPDX-License-Identifier: Apache-2.0
// A slotplanner server in this process that says what a test tells it to.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "slotplanner/v1/advisor_service.grpc.pb.h"
#include "slotplanner/v1/slot_planner_service.grpc.pb.h"
#include "slotplanner/v1/topology_service.grpc.pb.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/answers/key_positions_answer.h"

namespace slotplanner {

// Answers the calls of one method: each with what the next `FailNext` or
// `AnswerNext` says, or else with `response`. Set all before the calls come.
template <typename Request, typename Response>
class FakeMethod {
 public:
  Response response;

  void FailNext(grpc::Status status) {
    const std::lock_guard lock(mutex_);
    answers_.push_back(std::move(status));
  }

  void AnswerNext(Response answer) {
    const std::lock_guard lock(mutex_);
    answers_.push_back(std::move(answer));
  }

  int call_count() const { return static_cast<int>(requests().size()); }

  // The request of the last call. Requires: there was one.
  Request request() const { return requests().back(); }

  // Those of all calls.
  std::vector<Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  grpc::Status Answer(const Request& request, Response* to) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    if (answers_.empty()) {
      *to = response;
      return grpc::Status::OK;
    }
    auto answer = std::move(answers_.front());
    answers_.pop_front();
    if (const auto* failure = std::get_if<grpc::Status>(&answer)) {
      return *failure;
    }
    *to = std::get<Response>(std::move(answer));
    return grpc::Status::OK;
  }

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_, as all below.
  std::deque<std::variant<grpc::Status, Response>> answers_;
  std::vector<Request> requests_;
};

// Serves watches: each with the next script, the last one also to all later
// calls. Set them before the calls come.
class FakeWatch {
 public:
  // Sends topologies with these versions, then ends with `end`; nothing means
  // that it goes on until the caller cancels.
  void ServeNext(std::vector<std::string> versions,
                 std::optional<grpc::Status> end) {
    const std::lock_guard lock(mutex_);
    scripts_.push_back({std::move(versions), std::move(end)});
  }

  grpc::Status Serve(grpc::ServerContext& context,
                     grpc::ServerWriter<v1::WatchTopologyResponse>& writer) {
    Script script;
    {
      const std::lock_guard lock(mutex_);
      if (scripts_.empty()) return {grpc::StatusCode::UNIMPLEMENTED, ""};
      script = scripts_.front();
      if (scripts_.size() > 1) scripts_.pop_front();
    }
    for (const std::string& version : script.versions) {
      v1::WatchTopologyResponse response;
      response.mutable_topology()->mutable_stamp()->set_version(version);
      writer.Write(response);
    }
    if (script.end) return *script.end;
    // gRPC's blocking API has no way to wait for it.
    while (!context.IsCancelled()) absl::SleepFor(absl::Milliseconds(1));
    return grpc::Status::CANCELLED;
  }

 private:
  struct Script {
    std::vector<std::string> versions;
    std::optional<grpc::Status> end;
  };

  std::mutex mutex_;
  std::deque<Script> scripts_;  // Guarded by mutex_.
};

// Listens on a loopback port of the system's choice.
class FakePlanner final : public v1::SlotPlannerService::Service,
                          public v1::TopologyService::Service,
                          public v1::AdvisorService::Service {
 public:
  FakePlanner() {
    AnswerKeyPositions(*CommandCatalog::Redis70(), get_key_positions.response);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.SetMaxReceiveMessageSize(64 << 20);
    builder.RegisterService(
        static_cast<v1::SlotPlannerService::Service*>(this));
    builder.RegisterService(static_cast<v1::TopologyService::Service*>(this));
    builder.RegisterService(static_cast<v1::AdvisorService::Service*>(this));
    server_ = builder.BuildAndStart();
    EXPECT_NE(server_, nullptr);
    target_ = absl::StrCat("127.0.0.1:", port);
  }

  ~FakePlanner() override { server_->Shutdown(); }

  const std::string& target() const { return target_; }

  FakeMethod<v1::KeyslotRequest, v1::KeyslotResponse> keyslot;
  FakeMethod<v1::GroupKeysRequest, v1::GroupKeysResponse> group_keys;
  FakeMethod<v1::PlanBatchRequest, v1::PlanBatchResponse> plan_batch;
  FakeMethod<v1::GetTopologyRequest, v1::GetTopologyResponse> get_topology;
  FakeMethod<v1::GetCommandsRequest, v1::GetCommandsResponse> get_commands;
  // Answers with the commands of Redis 7.0.
  FakeMethod<v1::GetKeyPositionsRequest, v1::GetKeyPositionsResponse>
      get_key_positions;
  FakeMethod<v1::ReportRedirectionRequest, v1::ReportRedirectionResponse>
      report_redirection;
  FakeMethod<v1::ExplainErrorRequest, v1::ExplainErrorResponse> explain_error;
  FakeMethod<v1::SuggestHashTagsRequest, v1::SuggestHashTagsResponse>
      suggest_hash_tags;
  FakeMethod<v1::MintHashTagsRequest, v1::MintHashTagsResponse> mint_hash_tags;
  FakeMethod<v1::CheckTemplatesRequest, v1::CheckTemplatesResponse>
      check_templates;
  FakeWatch watch_topology;

 private:
  grpc::Status Keyslot(grpc::ServerContext*, const v1::KeyslotRequest* request,
                       v1::KeyslotResponse* response) override {
    return keyslot.Answer(*request, response);
  }
  grpc::Status GroupKeys(grpc::ServerContext*,
                         const v1::GroupKeysRequest* request,
                         v1::GroupKeysResponse* response) override {
    return group_keys.Answer(*request, response);
  }
  grpc::Status PlanBatch(grpc::ServerContext*,
                         const v1::PlanBatchRequest* request,
                         v1::PlanBatchResponse* response) override {
    return plan_batch.Answer(*request, response);
  }
  grpc::Status GetTopology(grpc::ServerContext*,
                           const v1::GetTopologyRequest* request,
                           v1::GetTopologyResponse* response) override {
    return get_topology.Answer(*request, response);
  }
  grpc::Status GetCommands(grpc::ServerContext*,
                           const v1::GetCommandsRequest* request,
                           v1::GetCommandsResponse* response) override {
    return get_commands.Answer(*request, response);
  }
  grpc::Status GetKeyPositions(grpc::ServerContext*,
                               const v1::GetKeyPositionsRequest* request,
                               v1::GetKeyPositionsResponse* response) override {
    return get_key_positions.Answer(*request, response);
  }
  grpc::Status ReportRedirection(
      grpc::ServerContext*, const v1::ReportRedirectionRequest* request,
      v1::ReportRedirectionResponse* response) override {
    return report_redirection.Answer(*request, response);
  }
  grpc::Status ExplainError(grpc::ServerContext*,
                            const v1::ExplainErrorRequest* request,
                            v1::ExplainErrorResponse* response) override {
    return explain_error.Answer(*request, response);
  }
  grpc::Status SuggestHashTags(grpc::ServerContext*,
                               const v1::SuggestHashTagsRequest* request,
                               v1::SuggestHashTagsResponse* response) override {
    return suggest_hash_tags.Answer(*request, response);
  }
  grpc::Status MintHashTags(grpc::ServerContext*,
                            const v1::MintHashTagsRequest* request,
                            v1::MintHashTagsResponse* response) override {
    return mint_hash_tags.Answer(*request, response);
  }
  grpc::Status CheckTemplates(grpc::ServerContext*,
                              const v1::CheckTemplatesRequest* request,
                              v1::CheckTemplatesResponse* response) override {
    return check_templates.Answer(*request, response);
  }
  grpc::Status WatchTopology(
      grpc::ServerContext* context, const v1::WatchTopologyRequest*,
      grpc::ServerWriter<v1::WatchTopologyResponse>* writer) override {
    return watch_topology.Serve(*context, *writer);
  }

  std::string target_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace slotplanner
