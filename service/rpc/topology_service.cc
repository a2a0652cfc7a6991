// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>

#include "slotplanner/v1/topology_service.grpc.pb.h"

#include "absl/time/clock.h"
#include "service/answers/topology_messages.h"
#include "service/rpc/call_metrics.h"
#include "service/rpc/redirection_report.h"
#include "service/rpc/rpc_status.h"
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
            TopologyService::WithRawCallbackMethod_ReportRedirection<
                TopologyService::Service>>>>;
using MaybeError = std::optional<ApiError>;

// Thread-safe.
class TopologyServiceImpl final : public RawService {
 public:
  TopologyServiceImpl(const ClusterRegistry& clusters,
                      const ServiceOptions& options, TopologyWatches& watches,
                      prometheus::Registry& metrics)
      : clusters_(clusters),
        options_(options),
        watches_(watches),
        get_topology_metrics_(metrics, TopologyService::service_full_name(),
                              "GetTopology"),
        get_commands_metrics_(metrics, TopologyService::service_full_name(),
                              "GetCommands"),
        report_redirection_metrics_(
            metrics, TopologyService::service_full_name(), "ReportRedirection"),
        refresh_metrics_(metrics, clusters) {}

  grpc::ServerUnaryReactor* GetTopology(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override {
    return Answer<v1::GetTopologyRequest, v1::GetTopologyResponse>(
        {context, request, response, &get_topology_metrics_},
        [this](const v1::GetTopologyRequest& in, v1::GetTopologyResponse& out) {
          return GetTopology(in, out);
        });
  }

  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchTopology(
      grpc::CallbackServerContext* /*context*/,
      const grpc::ByteBuffer* request) override {
    return watches_.Start(request);
  }

  grpc::ServerUnaryReactor* GetCommands(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override {
    return Answer<v1::GetCommandsRequest, v1::GetCommandsResponse>(
        {context, request, response, &get_commands_metrics_},
        [this](const v1::GetCommandsRequest& in, v1::GetCommandsResponse& out) {
          return GetCommands(in, out);
        });
  }

  grpc::ServerUnaryReactor* ReportRedirection(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override {
    return Answer<v1::ReportRedirectionRequest, v1::ReportRedirectionResponse>(
        {context, request, response, &report_redirection_metrics_},
        [this](const v1::ReportRedirectionRequest& in,
               v1::ReportRedirectionResponse& out) {
          return ReportRedirection(in, out);
        });
  }

 private:
  MaybeError GetTopology(const v1::GetTopologyRequest& request,
                         v1::GetTopologyResponse& response) const {
    const auto* cluster = clusters_.Find(request.cluster());
    if (cluster == nullptr) return UnknownClusterError(request.cluster());
    ServingSnapshot serving = Snapshot(*cluster);
    if (serving.error) return serving.error;
    FillTopology(*serving.snapshot, *response.mutable_topology());
    return std::nullopt;
  }

  MaybeError GetCommands(const v1::GetCommandsRequest& request,
                         v1::GetCommandsResponse& response) const {
    const auto* cluster = clusters_.Find(request.cluster());
    if (cluster == nullptr) return UnknownClusterError(request.cluster());
    ServingSnapshot serving = Snapshot(*cluster);
    if (serving.error) return serving.error;
    response.set_commands_version(serving.snapshot->catalog->version());
    response.set_command_reply(serving.snapshot->catalog->command_reply());
    return std::nullopt;
  }

  MaybeError ReportRedirection(const v1::ReportRedirectionRequest& request,
                               v1::ReportRedirectionResponse& response) {
    const auto* cluster = clusters_.Find(request.cluster());
    if (cluster == nullptr) return UnknownClusterError(request.cluster());
    const auto report = ParseRedirectionReport(request.error());
    if (!report) return NotARedirectionError();
    ServingSnapshot serving = Snapshot(*cluster);
    if (serving.error) return serving.error;
    const ClusterSnapshot& snapshot = *serving.snapshot;
    const bool is_about_current =
        request.topology_version().empty() ||
        request.topology_version() == snapshot.topology->version();
    if (is_about_current && !IsKnown(*report, snapshot)) {
      refresh_metrics_.CountReport(*cluster);
      cluster->refresh_requests->Request();
    }
    FillStamp(snapshot, *response.mutable_topology());
    return std::nullopt;
  }

  ServingSnapshot Snapshot(const ClusterRegistry::Entry& cluster) const {
    return TakeSnapshot(cluster, options_.max_topology_age, absl::Now());
  }

  const ClusterRegistry& clusters_;
  const ServiceOptions options_;
  TopologyWatches& watches_;
  MethodMetrics get_topology_metrics_;
  MethodMetrics get_commands_metrics_;
  MethodMetrics report_redirection_metrics_;
  RefreshMetrics refresh_metrics_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeTopologyService(
    const ClusterRegistry& clusters, const ServiceOptions& options,
    TopologyWatches& watches, prometheus::Registry& metrics) {
  return std::make_unique<TopologyServiceImpl>(clusters, options, watches,
                                               metrics);
}

}  // namespace slotplanner
