// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <grpcpp/grpcpp.h>

#include "slotplanner/v1/advisor_service.grpc.pb.h"
#include "slotplanner/v1/error_reason.pb.h"
#include "slotplanner/v1/slot_planner_service.grpc.pb.h"
#include "slotplanner/v1/topology_service.grpc.pb.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cpp/batch_planner.h"
#include "client/cpp/key_positions_cache.h"

namespace slotplanner {

// How to reach a slotplanner server.
struct SlotPlannerClientOptions {
  // `host:port`, whose addresses are all used in turn, or `unix:PATH`, or any
  // other target in gRPC's own notation with its scheme.
  std::string target = "127.0.0.1:50051";

  // How long a call may take, all of its retries together, when the caller
  // gives no deadline.
  absl::Duration default_timeout = absl::Seconds(1);

  std::shared_ptr<grpc::ChannelCredentials> credentials =
      grpc::InsecureChannelCredentials();

  // The name that the server's certificate must have, if not the target's host.
  std::string tls_server_name = {};

  // Sent with each call as `authorization: Bearer ...`, if not empty. Over
  // plain text it can be read on the way.
  std::string bearer_token = {};
};

// Calls a slotplanner server. A call that finds the server UNAVAILABLE is made
// again, four times in all, after 0.1 s to 1 s.
//
// A failed call returns the code and the message that the server sent, and each
// of its error details as a payload under its type URL. To create one, see
// `MakeSlotPlannerClient`. Thread-safe; calls block.
class SlotPlannerClient final : public BatchPlanner {
 public:
  // `channel` decides on retries and on load balancing.
  SlotPlannerClient(const std::shared_ptr<grpc::ChannelInterface>& channel,
                    absl::Duration default_timeout,
                    const std::string& bearer_token = "");

  absl::StatusOr<v1::KeyslotResponse> Keyslot(
      const v1::KeyslotRequest& request,
      std::optional<absl::Time> deadline = std::nullopt) const;

  absl::StatusOr<v1::GroupKeysResponse> GroupKeys(
      const v1::GroupKeysRequest& request,
      std::optional<absl::Time> deadline = std::nullopt) const;

  // Sends no values, but an empty argument in place of each argument that the
  // planner does not read; the plan is the same. What is read, the server is
  // asked before the first call for a cluster, and again, at most once a
  // second, when a command is not known: fails as that call does, too.
  absl::StatusOr<v1::PlanBatchResponse> PlanBatch(
      const v1::PlanBatchRequest& request) const;
  absl::StatusOr<v1::PlanBatchResponse> PlanBatch(
      const v1::PlanBatchRequest& request, absl::Time deadline) const override;

  absl::StatusOr<v1::GetTopologyResponse> GetTopology(
      const v1::GetTopologyRequest& request,
      std::optional<absl::Time> deadline = std::nullopt) const;

  absl::StatusOr<v1::GetCommandsResponse> GetCommands(
      const v1::GetCommandsRequest& request,
      std::optional<absl::Time> deadline = std::nullopt) const;

  absl::StatusOr<v1::GetKeyPositionsResponse> GetKeyPositions(
      const v1::GetKeyPositionsRequest& request,
      std::optional<absl::Time> deadline = std::nullopt) const;

  absl::StatusOr<v1::ReportRedirectionResponse> ReportRedirection(
      const v1::ReportRedirectionRequest& request) const;
  absl::StatusOr<v1::ReportRedirectionResponse> ReportRedirection(
      const v1::ReportRedirectionRequest& request,
      absl::Time deadline) const override;

  // Sends the error as it is, and the command as PlanBatch does.
  absl::StatusOr<v1::ExplainErrorResponse> ExplainError(
      const v1::ExplainErrorRequest& request,
      std::optional<absl::Time> deadline = std::nullopt) const;

  // Sends commands as PlanBatch does.
  absl::StatusOr<v1::SuggestHashTagsResponse> SuggestHashTags(
      const v1::SuggestHashTagsRequest& request,
      std::optional<absl::Time> deadline = std::nullopt) const;

  absl::StatusOr<v1::MintHashTagsResponse> MintHashTags(
      const v1::MintHashTagsRequest& request,
      std::optional<absl::Time> deadline = std::nullopt) const;

  // Sends commands as PlanBatch does, but KEYS and SCAN whole: patterns are
  // read.
  absl::StatusOr<v1::CheckTemplatesResponse> CheckTemplates(
      const v1::CheckTemplatesRequest& request,
      std::optional<absl::Time> deadline = std::nullopt) const;

  // Calls `on_topology` with the current topology, then with each later one, in
  // this thread; those that come while it runs are skipped but for the newest.
  // No default timeout applies. Returns OK when `on_topology` returns false,
  // CANCELLED soon after `stop` is requested, else the reason why the server or
  // the network ended the watch; UNAVAILABLE means to call again.
  absl::Status WatchTopology(
      const v1::WatchTopologyRequest& request,
      const std::function<bool(const v1::Topology&)>& on_topology,
      const std::stop_token& stop = {}) const;

 private:
  absl::StatusOr<v1::PlanBatchRequest> WithoutValues(
      const v1::PlanBatchRequest& request, absl::Time deadline) const;

  std::unique_ptr<v1::SlotPlannerService::StubInterface> planner_;
  std::unique_ptr<v1::TopologyService::StubInterface> topology_;
  std::unique_ptr<v1::AdvisorService::StubInterface> advisor_;
  absl::Duration default_timeout_;
  std::string authorization_;  // Empty: none is sent.
  mutable KeyPositionsCache key_positions_;
};

// Makes a client of the server that `options` names. Connects at the first
// call, not before.
std::unique_ptr<SlotPlannerClient> MakeSlotPlannerClient(
    const SlotPlannerClientOptions& options);

// The reason that the server gave in the `google.rpc.ErrorInfo` of a failed
// call; nothing when it gave none, or one that this client does not know.
std::optional<v1::ErrorReason> ErrorReasonOf(const absl::Status& status);

}  // namespace slotplanner
