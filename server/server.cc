// SPDX-License-Identifier: Apache-2.0
#include "server/server.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/service_type.h>
#include <prometheus/gauge.h>

#include "absl/strings/str_cat.h"
#include "server/build_info.h"
#include "server/server_builder.h"

namespace slotplanner {
namespace {

// Health watches at one time; a gRPC client that checks health holds one for
// each of its connections.
constexpr int kMaxHealthWatchers = 10'000;

std::vector<std::string> NamesOf(const std::vector<ClusterOptions>& clusters) {
  std::vector<std::string> names;
  names.reserve(clusters.size());
  for (const ClusterOptions& cluster : clusters) names.push_back(cluster.name);
  return names;
}

ServiceOptions ServiceOptionsOf(const ServerOptions& options) {
  return {.limits = options.request_limits,
          .max_topology_age = options.max_topology_age};
}

void ExportBuildInfo(prometheus::Registry& registry) {
  prometheus::BuildGauge()
      .Name("slotplanner_build_info")
      .Help("Always 1; the labels tell which build this is.")
      .Register(registry)
      .Add({{"version", kVersion}, {"compiler", kCompiler}})
      .Set(1);
}

}  // namespace

Server::Server(const ServerOptions& options)
    : clusters_(NamesOf(options.clusters)),
      watches_(clusters_, options.request_limits.max_watchers, metrics_),
      slot_planner_service_(MakeSlotPlannerService(
          clusters_, ServiceOptionsOf(options), metrics_)),
      topology_service_(MakeTopologyService(
          clusters_, ServiceOptionsOf(options), watches_, metrics_)),
      health_service_(kMaxHealthWatchers, /*gate=*/nullptr),
      health_(&health_service_, NamesOf(options.clusters)),
      admin_address_(options.admin_listen) {
  ExportBuildInfo(metrics_);
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(
    const ServerOptions& options) {
  std::unique_ptr<Server> server(new Server(options));
  absl::Status status = server->Listen(options);
  if (!status.ok()) return status;
  server->FollowClusters(options);
  return server;
}

absl::Status Server::Listen(const ServerOptions& options) {
  for (const ListenAddress& address : options.grpc_listen) {
    absl::Status status = CheckListenAddress(address);
    if (!status.ok()) return status;
  }
  absl::Status status = CheckListenAddress(options.admin_listen);
  if (!status.ok()) return status;

  const std::unique_ptr<grpc::ServerBuilder> builder =
      MakeServerBuilder(options.max_message_bytes);
  builder->RegisterService(slot_planner_service_.get());
  builder->RegisterService(topology_service_.get());
  builder->RegisterService(&health_service_);
  std::vector<int> ports(options.grpc_listen.size());
  for (size_t i = 0; i < ports.size(); ++i) {
    builder->AddListeningPort(ToString(options.grpc_listen[i]),
                              grpc::InsecureServerCredentials(), &ports[i]);
  }
  grpc_server_ = builder->BuildAndStart();
  for (size_t i = 0; i < ports.size(); ++i) {
    grpc_addresses_.push_back(options.grpc_listen[i]);
    if (ports[i] == 0) {
      return absl::FailedPreconditionError(
          absl::StrCat("cannot listen on ", ToString(options.grpc_listen[i])));
    }
    if (grpc_addresses_[i].unix_path.empty()) {
      grpc_addresses_[i].port = ports[i];
    }
  }
  if (grpc_server_ == nullptr) {
    return absl::FailedPreconditionError("gRPC could not start");
  }

  absl::StatusOr<std::unique_ptr<AdminHttp>> admin_http = AdminHttp::Start(
      options.admin_listen, all_metrics_, [this] { return health_.Check(); });
  if (!admin_http.ok()) return admin_http.status();
  admin_http_ = *std::move(admin_http);
  admin_address_.port = admin_http_->port();
  return absl::OkStatus();
}

void Server::FollowClusters(const ServerOptions& options) {
  const TopologyRefresher::Options refresh = {
      .interval = options.refresh_interval,
      .timeout = options.refresh_timeout,
      .min_interval =
          std::min(options.min_refresh_interval, options.refresh_interval)};
  for (const ClusterOptions& cluster : options.clusters) {
    const ClusterRegistry::Entry& entry = *clusters_.Find(cluster.name);
    ClusterAccess access = cluster.access;
    access.max_votes = options.refresh_nodes;
    observers_.push_back(
        std::make_unique<ClusterObserver>(cluster.name, metrics_));
    cluster_healths_.push_back(std::make_unique<ClusterHealth>(
        cluster.name, options.max_topology_age, &health_, entry.store.get(),
        observers_.back().get()));
    refreshers_.push_back(std::make_unique<TopologyRefresher>(
        MakeTopologySource(cluster.source, access, cluster.declared_commands),
        entry.store.get(), entry.refresh_requests.get(),
        cluster_healths_.back().get(), refresh));
  }
}

Server::~Server() { Shutdown(absl::ZeroDuration()); }

void Server::Drain() {
  health_.MarkDraining();
  watches_.EndAll();
}

void Server::Shutdown(absl::Duration timeout) {
  if (grpc_server_ == nullptr) return;
  watches_.EndAll();
  health_service_.EndWatches();
  grpc_server_->Shutdown(std::chrono::system_clock::now() +
                         absl::ToChronoMilliseconds(timeout));
  grpc_server_->Wait();
}

}  // namespace slotplanner
