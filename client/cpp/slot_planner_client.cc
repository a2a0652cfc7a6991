// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/slot_planner_client.h"

#include <algorithm>

#include "slotplanner/rpc/v1/error_details.pb.h"

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace slotplanner {
namespace {

// Room for a plan or a grouping of a million keys.
constexpr int kMaxMessageBytes = 64 << 20;

// A watch may carry nothing for days. Pings notice within 20 s that nobody is
// there, so that the caller can watch elsewhere. The server allows one every
// 10 s (server/server.cc); they are sent only while a call is open.
constexpr int kKeepaliveTimeMs = 15'000;
constexpr int kKeepaliveTimeoutMs = 5'000;

constexpr char kServiceConfig[] = R"json({
  "loadBalancingConfig": [{"round_robin": {}}],
  "methodConfig": [{
    "name": [{"service": "slotplanner.v1.SlotPlannerService"},
             {"service": "slotplanner.v1.TopologyService"},
             {"service": "slotplanner.v1.AdvisorService"}],
    "retryPolicy": {
      "maxAttempts": 4,
      "initialBackoff": "0.1s",
      "maxBackoff": "1s",
      "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE"]
    }
  }]
})json";

constexpr char kErrorInfoTypeUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";

// `host:port` as a DNS name, so that every address behind it gets its share of
// the calls. Targets that have a scheme stay as they are.
std::string DnsTarget(const std::string& target) {
  const bool has_scheme =
      absl::StrContains(target, "://") || absl::StartsWith(target, "dns:") ||
      absl::StartsWith(target, "unix:") ||
      absl::StartsWith(target, "unix-abstract:") ||
      absl::StartsWith(target, "ipv4:") || absl::StartsWith(target, "ipv6:");
  return has_scheme ? target : absl::StrCat("dns:///", target);
}

absl::Status ToAbslStatus(const grpc::Status& status) {
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
  rpc::v1::Status details;
  if (details.ParseFromString(status.error_details())) {
    for (const google::protobuf::Any& detail : details.details()) {
      result.SetPayload(detail.type_url(), absl::Cord(detail.value()));
    }
  }
  return result;
}

// The metadata of each call.
void Authorize(const std::string& authorization, grpc::ClientContext& context) {
  if (!authorization.empty()) {
    context.AddMetadata("authorization", authorization);
  }
}

// Whether the command has a pattern of keys that the planner does not read, as
// it is no key; and nothing that could be a value.
bool HasPatternOverAllKeys(const v1::Command& command) {
  return command.args_size() > 0 &&
         (absl::EqualsIgnoreCase(command.args(0), "keys") ||
          absl::EqualsIgnoreCase(command.args(0), "scan"));
}

// Calls `method` of `stub`.
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(Stub& stub,
                              grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                           const Request&,
                                                           Response*),
                              const Request& request, absl::Time deadline,
                              const std::string& authorization) {
  grpc::ClientContext context;
  Authorize(authorization, context);
  // gRPC takes a moment before the epoch for no deadline at all.
  context.set_deadline(
      absl::ToChronoTime(std::max(deadline, absl::UnixEpoch())));
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return ToAbslStatus(status);
  return response;
}

}  // namespace

SlotPlannerClient::SlotPlannerClient(
    const std::shared_ptr<grpc::ChannelInterface>& channel,
    absl::Duration default_timeout, const std::string& bearer_token)
    : planner_(v1::SlotPlannerService::NewStub(channel)),
      topology_(v1::TopologyService::NewStub(channel)),
      advisor_(v1::AdvisorService::NewStub(channel)),
      default_timeout_(default_timeout),
      authorization_(
          bearer_token.empty() ? "" : absl::StrCat("Bearer ", bearer_token)) {}

absl::StatusOr<v1::KeyslotResponse> SlotPlannerClient::Keyslot(
    const v1::KeyslotRequest& request,
    std::optional<absl::Time> deadline) const {
  return Call(*planner_, &v1::SlotPlannerService::StubInterface::Keyslot,
              request, deadline.value_or(absl::Now() + default_timeout_),
              authorization_);
}

absl::StatusOr<v1::GroupKeysResponse> SlotPlannerClient::GroupKeys(
    const v1::GroupKeysRequest& request,
    std::optional<absl::Time> deadline) const {
  return Call(*planner_, &v1::SlotPlannerService::StubInterface::GroupKeys,
              request, deadline.value_or(absl::Now() + default_timeout_),
              authorization_);
}

absl::StatusOr<v1::PlanBatchResponse> SlotPlannerClient::PlanBatch(
    const v1::PlanBatchRequest& request) const {
  return PlanBatch(request, absl::Now() + default_timeout_);
}

absl::StatusOr<v1::PlanBatchResponse> SlotPlannerClient::PlanBatch(
    const v1::PlanBatchRequest& request, absl::Time deadline) const {
  const auto masked = WithoutValues(request, deadline);
  if (!masked.ok()) return masked.status();
  return Call(*planner_, &v1::SlotPlannerService::StubInterface::PlanBatch,
              *masked, deadline, authorization_);
}

absl::StatusOr<v1::PlanBatchRequest> SlotPlannerClient::WithoutValues(
    const v1::PlanBatchRequest& request, absl::Time deadline) const {
  const auto table = key_positions_.TableFor(request, [&] {
    v1::GetKeyPositionsRequest of_cluster;
    of_cluster.set_cluster(request.cluster());
    return GetKeyPositions(of_cluster, deadline);
  });
  if (!table.ok()) return table.status();
  return (*table)->WithoutValues(request);
}

absl::StatusOr<v1::GetTopologyResponse> SlotPlannerClient::GetTopology(
    const v1::GetTopologyRequest& request,
    std::optional<absl::Time> deadline) const {
  return Call(*topology_, &v1::TopologyService::StubInterface::GetTopology,
              request, deadline.value_or(absl::Now() + default_timeout_),
              authorization_);
}

absl::StatusOr<v1::GetCommandsResponse> SlotPlannerClient::GetCommands(
    const v1::GetCommandsRequest& request,
    std::optional<absl::Time> deadline) const {
  return Call(*topology_, &v1::TopologyService::StubInterface::GetCommands,
              request, deadline.value_or(absl::Now() + default_timeout_),
              authorization_);
}

absl::StatusOr<v1::GetKeyPositionsResponse> SlotPlannerClient::GetKeyPositions(
    const v1::GetKeyPositionsRequest& request,
    std::optional<absl::Time> deadline) const {
  return Call(*topology_, &v1::TopologyService::StubInterface::GetKeyPositions,
              request, deadline.value_or(absl::Now() + default_timeout_),
              authorization_);
}

absl::StatusOr<v1::ReportRedirectionResponse>
SlotPlannerClient::ReportRedirection(
    const v1::ReportRedirectionRequest& request) const {
  return ReportRedirection(request, absl::Now() + default_timeout_);
}

absl::StatusOr<v1::ReportRedirectionResponse>
SlotPlannerClient::ReportRedirection(
    const v1::ReportRedirectionRequest& request, absl::Time deadline) const {
  return Call(*topology_,
              &v1::TopologyService::StubInterface::ReportRedirection, request,
              deadline, authorization_);
}

absl::StatusOr<v1::ExplainErrorResponse> SlotPlannerClient::ExplainError(
    const v1::ExplainErrorRequest& request,
    std::optional<absl::Time> deadline) const {
  const absl::Time end = deadline.value_or(absl::Now() + default_timeout_);
  v1::ExplainErrorRequest masked = request;
  if (!request.command().args().empty()) {
    v1::PlanBatchRequest batch;
    batch.set_cluster(request.cluster());
    *batch.add_commands() = request.command();
    const auto without_values = WithoutValues(batch, end);
    if (!without_values.ok()) return without_values.status();
    *masked.mutable_command() = without_values->commands(0);
  }
  return Call(*advisor_, &v1::AdvisorService::StubInterface::ExplainError,
              masked, end, authorization_);
}

absl::StatusOr<v1::SuggestHashTagsResponse> SlotPlannerClient::SuggestHashTags(
    const v1::SuggestHashTagsRequest& request,
    std::optional<absl::Time> deadline) const {
  const absl::Time end = deadline.value_or(absl::Now() + default_timeout_);
  v1::SuggestHashTagsRequest masked = request;
  if (!request.commands().empty()) {
    v1::PlanBatchRequest batch;
    batch.set_cluster(request.cluster());
    *batch.mutable_commands() = request.commands();
    auto without_values = WithoutValues(batch, end);
    if (!without_values.ok()) return without_values.status();
    masked.mutable_commands()->Swap(without_values->mutable_commands());
  }
  return Call(*advisor_, &v1::AdvisorService::StubInterface::SuggestHashTags,
              masked, end, authorization_);
}

absl::StatusOr<v1::MintHashTagsResponse> SlotPlannerClient::MintHashTags(
    const v1::MintHashTagsRequest& request,
    std::optional<absl::Time> deadline) const {
  return Call(*advisor_, &v1::AdvisorService::StubInterface::MintHashTags,
              request, deadline.value_or(absl::Now() + default_timeout_),
              authorization_);
}

absl::StatusOr<v1::CheckTemplatesResponse> SlotPlannerClient::CheckTemplates(
    const v1::CheckTemplatesRequest& request,
    std::optional<absl::Time> deadline) const {
  const absl::Time end = deadline.value_or(absl::Now() + default_timeout_);
  v1::PlanBatchRequest batch;
  batch.set_cluster(request.cluster());
  *batch.mutable_commands() = request.commands();
  const auto without_values = WithoutValues(batch, end);
  if (!without_values.ok()) return without_values.status();
  v1::CheckTemplatesRequest masked;
  masked.set_cluster(request.cluster());
  for (int i = 0; i < request.commands_size(); ++i) {
    *masked.add_commands() = HasPatternOverAllKeys(request.commands(i))
                                 ? request.commands(i)
                                 : without_values->commands(i);
  }
  return Call(*advisor_, &v1::AdvisorService::StubInterface::CheckTemplates,
              masked, end, authorization_);
}

absl::Status SlotPlannerClient::WatchTopology(
    const v1::WatchTopologyRequest& request,
    const std::function<bool(const v1::Topology&)>& on_topology,
    const std::stop_token& stop) const {
  grpc::ClientContext context;
  Authorize(authorization_, context);
  const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
  const auto stream = topology_->WatchTopology(&context, request);
  v1::WatchTopologyResponse response;
  while (stream->Read(&response)) {
    if (!on_topology(response.topology())) {
      context.TryCancel();
      stream->Finish();
      return absl::OkStatus();
    }
  }
  const grpc::Status status = stream->Finish();
  if (!status.ok()) return ToAbslStatus(status);
  return absl::UnavailableError("The server has ended the watch.");
}

std::unique_ptr<SlotPlannerClient> MakeSlotPlannerClient(
    const SlotPlannerClientOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(kServiceConfig);
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  // A request that outgrows this buffer (256 KiB by default) is never retried.
  arguments.SetInt(GRPC_ARG_PER_RPC_RETRY_BUFFER_SIZE, kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  // By default pings stop after the second one that no data comes between.
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  if (!options.tls_server_name.empty()) {
    arguments.SetSslTargetNameOverride(options.tls_server_name);
  }
  return std::make_unique<SlotPlannerClient>(
      grpc::CreateCustomChannel(DnsTarget(options.target), options.credentials,
                                arguments),
      options.default_timeout, options.bearer_token);
}

std::optional<v1::ErrorReason> ErrorReasonOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kErrorInfoTypeUrl);
  rpc::v1::ErrorInfo info;
  v1::ErrorReason reason;
  if (!payload || !info.ParseFromString(std::string(*payload)) ||
      info.domain() != "slotplanner" ||
      !v1::ErrorReason_Parse(absl::StrCat("ERROR_REASON_", info.reason()),
                             &reason)) {
    return std::nullopt;
  }
  return reason;
}

}  // namespace slotplanner
