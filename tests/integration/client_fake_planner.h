// SPDX-License-Identifier: Apache-2.0
// A slotplanner server in this process that says what a test tells it to.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "slotplanner/v1/slot_planner_service.grpc.pb.h"
#include "slotplanner/v1/topology_service.grpc.pb.h"

#include "absl/strings/str_cat.h"

namespace slotplanner {

// Answers the calls of one method: each with the next status of `FailNext`, or
// else with `response`. Set both before the calls come.
template <typename Request, typename Response>
class FakeMethod {
 public:
  Response response;

  void FailNext(grpc::Status status) {
    const std::lock_guard lock(mutex_);
    failures_.push_back(std::move(status));
  }

  int call_count() const {
    const std::lock_guard lock(mutex_);
    return call_count_;
  }

  // The request of the last call.
  Request request() const {
    const std::lock_guard lock(mutex_);
    return request_;
  }

  grpc::Status Answer(const Request& request, Response* to) {
    const std::lock_guard lock(mutex_);
    ++call_count_;
    request_ = request;
    if (failures_.empty()) {
      *to = response;
      return grpc::Status::OK;
    }
    grpc::Status failure = std::move(failures_.front());
    failures_.pop_front();
    return failure;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<grpc::Status> failures_;  // Guarded by mutex_, as all below.
  Request request_;
  int call_count_ = 0;
};

// Listens on a loopback port of the system's choice.
class FakePlanner final : public v1::SlotPlannerService::Service,
                          public v1::TopologyService::Service {
 public:
  FakePlanner() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.SetMaxReceiveMessageSize(64 << 20);
    builder.RegisterService(
        static_cast<v1::SlotPlannerService::Service*>(this));
    builder.RegisterService(static_cast<v1::TopologyService::Service*>(this));
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

  std::string target_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace slotplanner
