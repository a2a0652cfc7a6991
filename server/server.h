// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <prometheus/registry.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/admin_http.h"
#include "server/cluster_health.h"
#include "server/cluster_observer.h"
#include "server/collectables.h"
#include "server/health.h"
#include "server/health_service.h"
#include "server/listen_address.h"
#include "server/options.h"
#include "server/process_metrics.h"
#include "service/rpc/services.h"
#include "service/rpc/topology_watches.h"
#include "service/topology/cluster_registry.h"
#include "service/topology/topology_refresher.h"

namespace slotplanner {

// The whole server, put together: clusters and their refreshers, the services,
// the listeners, health and metrics. Thread-safe.
class Server {
 public:
  // Listens and answers as soon as this returns, with or without a cluster at
  // the other end. FAILED_PRECONDITION, with one line, when it cannot listen.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      const ServerOptions& options);

  // As `Shutdown` without a timeout, unless that was called.
  ~Server();

  // Where it listens, in the order of the options, with the ports that the
  // system chose.
  const std::vector<ListenAddress>& grpc_addresses() const {
    return grpc_addresses_;
  }
  const ListenAddress& admin_address() const { return admin_address_; }

  // Turns health to NOT_SERVING, ends all watches, and answers everything else
  // on.
  void Drain();

  // Takes no more calls, waits for those under way until `timeout`, cancels the
  // rest.
  void Shutdown(absl::Duration timeout);

 private:
  explicit Server(const ServerOptions& options);
  absl::Status Listen(const ServerOptions& options);
  void FollowClusters(const ServerOptions& options);

  // In the order of construction: what comes later uses what comes before.
  prometheus::Registry metrics_;
  const ProcessMetrics process_metrics_;
  const Collectables all_metrics_{{&metrics_, &process_metrics_}};
  ClusterRegistry clusters_;
  TopologyWatches watches_;
  std::unique_ptr<grpc::Service> slot_planner_service_;
  std::unique_ptr<grpc::Service> topology_service_;
  HealthService health_service_;
  Health health_;
  std::unique_ptr<grpc::Server> grpc_server_;
  std::vector<ListenAddress> grpc_addresses_;
  std::unique_ptr<AdminHttp> admin_http_;
  ListenAddress admin_address_;
  std::vector<std::unique_ptr<ClusterObserver>> observers_;
  std::vector<std::unique_ptr<ClusterHealth>> cluster_healths_;
  std::vector<std::unique_ptr<TopologyRefresher>> refreshers_;
};

}  // namespace slotplanner
