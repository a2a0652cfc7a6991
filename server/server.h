// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <prometheus/registry.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/admin_http.h"
#include "server/call_logger.h"
#include "server/collectables.h"
#include "server/connection_acceptor.h"
#include "server/followed_cluster.h"
#include "server/health.h"
#include "server/health_service.h"
#include "server/listen_address.h"
#include "server/listener_tls.h"
#include "server/options.h"
#include "server/process_metrics.h"
#include "server/readiness_metric.h"
#include "service/rpc/call_gate.h"
#include "service/rpc/served_cluster.h"
#include "service/rpc/serving_state.h"
#include "service/rpc/topology_watches.h"
#include "service/rpc/unknown_method_service.h"

namespace slotplanner {

// The whole server, put together: clusters and their refreshers, the services,
// the listeners, health and metrics. Thread-safe, but for `Apply`, `Tick`,
// `Drain` and `Shutdown`, which one thread calls.
class Server {
 public:
  // Listens and answers as soon as this returns, with or without a cluster at
  // the other end. FAILED_PRECONDITION, with one line, when it cannot listen or
  // use the files of its certificate. Requires: `options` are complete.
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

  prometheus::Registry& metrics() { return metrics_; }

  // Takes over what of `options` can change while the server runs. Clusters
  // that stay as they are notice nothing; one with other settings serves its
  // last topology until it has been read anew; watches of one that is no more
  // end. Waits for looks under way at clusters that change or go. Requires:
  // `options` are complete.
  void Apply(const ServerOptions& options);

  // To be called about once a second: takes over a changed certificate.
  void Tick();

  // Turns health to NOT_SERVING, ends all watches, and answers everything else
  // on.
  void Drain();

  // Takes no more calls, waits for those under way until `timeout`, cancels the
  // rest.
  void Shutdown(absl::Duration timeout);

 private:
  explicit Server(const ServerOptions& options);
  absl::Status Listen(const ServerOptions& options);
  absl::Status ListenToAdmins(const ListenAddress& address);

  // The clusters of the options, each the one that calls use already or may
  // still use, or a new one.
  std::vector<std::shared_ptr<ServedCluster>> ServedClustersOf(
      const ServerOptions& options);

  // Of connections that flood. On any thread.
  void EndConnection(const std::string& peer);

  // In the order of construction: what comes later uses what comes before.
  prometheus::Registry metrics_;
  const ProcessMetrics process_metrics_;
  CallLogger call_logger_;
  // By name, also those that are no more but are still in use.
  std::map<std::string, std::weak_ptr<ServedCluster>> known_clusters_;
  CurrentServingState state_;
  CallGate gate_;
  TopologyWatches watches_;
  std::unique_ptr<grpc::Service> slot_planner_service_;
  std::unique_ptr<grpc::Service> topology_service_;
  std::unique_ptr<grpc::Service> advisor_service_;
  UnknownMethodService unknown_method_service_{&gate_};
  HealthService health_service_;
  Health health_;
  const ReadinessMetric readiness_metric_{&health_};
  const Collectables all_metrics_{
      {&metrics_, &process_metrics_, &gate_, &readiness_metric_}};
  std::unique_ptr<ListenerTls> tls_;  // Null for plain text.
  grpc::ResourceQuota quota_{"slotplanner"};
  std::unique_ptr<grpc::Server> grpc_server_;
  // Calls may end connections before there is one to be ended by.
  std::mutex acceptor_mutex_;
  std::unique_ptr<ConnectionAcceptor> acceptor_;  // Set under acceptor_mutex_.
  std::vector<ListenAddress> grpc_addresses_;
  std::unique_ptr<AdminHttp> admin_http_;
  ListenAddress admin_address_;
  // In the order of the options.
  std::vector<std::unique_ptr<FollowedCluster>> clusters_;
};

}  // namespace slotplanner
