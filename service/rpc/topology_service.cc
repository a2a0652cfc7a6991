// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>

#include "slotplanner/v1/topology_service.grpc.pb.h"

#include "service/answers/key_positions_answer.h"
#include "service/answers/topology_messages.h"
#include "service/rpc/redirection_report.h"
#include "service/rpc/services.h"
#include "service/rpc/serving_snapshot.h"
#include "service/rpc/topology_watches.h"
#include "service/rpc/unary_call.h"

namespace slotplanner {
namespace {

using v1::TopologyService;
using RawService = TopologyService::WithRawCallbackMethod_GetTopology<
    TopologyService::WithRawCallbackMethod_WatchTopology<
        TopologyService::WithRawCallbackMethod_GetCommands<
            TopologyService::WithRawCallbackMethod_GetKeyPositions<
                TopologyService::WithRawCallbackMethod_ReportRedirection<
                    TopologyService::Service>>>>>;
using MaybeError = std::optional<ApiError>;

MaybeError GetTopology(const UnaryCall& call,
                       const v1::GetTopologyRequest& request,
                       v1::GetTopologyResponse& response) {
  const auto [cluster, error] = call.FindCluster(request.cluster());
  if (error) return error;
  ServingSnapshot serving = call.SnapshotOf(*cluster);
  if (serving.error) return serving.error;
  FillTopology(*serving.snapshot, *response.mutable_topology());
  return std::nullopt;
}

MaybeError GetCommands(const UnaryCall& call,
                       const v1::GetCommandsRequest& request,
                       v1::GetCommandsResponse& response) {
  const auto [cluster, error] = call.FindCluster(request.cluster());
  if (error) return error;
  ServingSnapshot serving = call.SnapshotOf(*cluster);
  if (serving.error) return serving.error;
  response.set_commands_version(serving.snapshot->catalog->version());
  response.set_command_reply(serving.snapshot->catalog->command_reply());
  return std::nullopt;
}

MaybeError GetKeyPositions(const UnaryCall& call,
                           const v1::GetKeyPositionsRequest& request,
                           v1::GetKeyPositionsResponse& response) {
  const auto [cluster, error] = call.FindCluster(request.cluster());
  if (error) return error;
  ServingSnapshot serving = call.SnapshotOf(*cluster);
  if (serving.error) return serving.error;
  AnswerKeyPositions(*serving.snapshot->catalog, response);
  return std::nullopt;
}

MaybeError ReportRedirection(const UnaryCall& call,
                             const v1::ReportRedirectionRequest& request,
                             v1::ReportRedirectionResponse& response) {
  const auto [cluster, error] = call.FindCluster(request.cluster());
  if (error) return error;
  const auto report = ParseRedirectionReport(request.error());
  if (!report) return NotARedirectionError();
  ServingSnapshot serving = call.SnapshotOf(*cluster);
  if (serving.error) return serving.error;
  const ClusterSnapshot& snapshot = *serving.snapshot;
  const bool is_about_current =
      request.topology_version().empty() ||
      request.topology_version() == snapshot.topology->version();
  if (is_about_current && !IsKnown(*report, snapshot)) {
    cluster->metrics.CountReport();
    cluster->refresh_requests.Request();
  }
  FillStamp(snapshot, *response.mutable_topology());
  return std::nullopt;
}

// Thread-safe.
class TopologyServiceImpl final : public RawService {
 public:
  TopologyServiceImpl(CallGate& gate, TopologyWatches& watches,
                      prometheus::Registry& metrics)
      : gate_(gate),
        watches_(watches),
        get_topology_("GetTopology", TopologyService::service_full_name(),
                      metrics),
        get_commands_("GetCommands", TopologyService::service_full_name(),
                      metrics),
        get_key_positions_("GetKeyPositions",
                           TopologyService::service_full_name(), metrics),
        report_redirection_("ReportRedirection",
                            TopologyService::service_full_name(), metrics) {}

  grpc::ServerUnaryReactor* GetTopology(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override {
    return Answer<v1::GetTopologyRequest, v1::GetTopologyResponse>(
        new UnaryCall(gate_, get_topology_, context, request, response),
        slotplanner::GetTopology);
  }

  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchTopology(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override {
    return watches_.Start(context, request);
  }

  grpc::ServerUnaryReactor* GetCommands(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override {
    return Answer<v1::GetCommandsRequest, v1::GetCommandsResponse>(
        new UnaryCall(gate_, get_commands_, context, request, response),
        slotplanner::GetCommands);
  }

  grpc::ServerUnaryReactor* GetKeyPositions(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override {
    return Answer<v1::GetKeyPositionsRequest, v1::GetKeyPositionsResponse>(
        new UnaryCall(gate_, get_key_positions_, context, request, response),
        slotplanner::GetKeyPositions);
  }

  grpc::ServerUnaryReactor* ReportRedirection(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override {
    return Answer<v1::ReportRedirectionRequest, v1::ReportRedirectionResponse>(
        new UnaryCall(gate_, report_redirection_, context, request, response),
        slotplanner::ReportRedirection);
  }

 private:
  CallGate& gate_;
  TopologyWatches& watches_;
  RpcMethod get_topology_;
  RpcMethod get_commands_;
  RpcMethod get_key_positions_;
  RpcMethod report_redirection_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeTopologyService(
    CallGate& gate, TopologyWatches& watches, prometheus::Registry& metrics) {
  return std::make_unique<TopologyServiceImpl>(gate, watches, metrics);
}

}  // namespace slotplanner
