// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>

#include "slotplanner/v1/topology_service.grpc.pb.h"

#include "service/rpc/call_metrics.h"
#include "service/rpc/rpc_status.h"
#include "service/rpc/services.h"
#include "service/answers/topology_messages.h"
#include "service/rpc/unary_call.h"

namespace slotplanner {
namespace {

using v1::TopologyService;

// Thread-safe. The methods that are not overridden answer UNIMPLEMENTED.
class TopologyServiceImpl final
    : public TopologyService::WithRawCallbackMethod_GetTopology<
          TopologyService::Service> {
 public:
  TopologyServiceImpl(const ClusterRegistry& clusters,
                      prometheus::Registry& metrics)
      : clusters_(clusters),
        get_topology_metrics_(metrics, TopologyService::service_full_name(),
                              "GetTopology") {}

  grpc::ServerUnaryReactor* GetTopology(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override {
    return Answer<v1::GetTopologyRequest, v1::GetTopologyResponse>(
        context, request, response, get_topology_metrics_,
        [this](const v1::GetTopologyRequest& in,
               v1::GetTopologyResponse& out) -> std::optional<ApiError> {
          const auto* cluster = clusters_.Find(in.cluster());
          if (cluster == nullptr) return UnknownClusterError(in.cluster());
          const auto snapshot = cluster->store->Current();
          if (snapshot == nullptr) return TopologyNotReadyError(cluster->name);
          FillTopology(*snapshot, *out.mutable_topology());
          return std::nullopt;
        });
  }

 private:
  const ClusterRegistry& clusters_;
  MethodMetrics get_topology_metrics_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeTopologyService(
    const ClusterRegistry& clusters, prometheus::Registry& metrics) {
  return std::make_unique<TopologyServiceImpl>(clusters, metrics);
}

}  // namespace slotplanner
