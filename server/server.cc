// SPDX-License-Identifier: Apache-2.0
#include "server/server.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/build_info.h"
#include "server/call_logger.h"
#include "server/file_limit.h"
#include "server/listening_socket.h"
#include "server/log.h"
#include "server/server_builder.h"
#include "service/rpc/services.h"

namespace slotplanner {
namespace {

// Health watches at one time; a gRPC client that checks health holds one for
// each of its connections.
constexpr int kMaxHealthWatchers = 10'000;

void ExportBuildInfo(prometheus::Registry& registry) {
  prometheus::BuildGauge()
      .Name("slotplanner_build_info")
      .Help("Always 1; the labels tell which build this is.")
      .Register(registry)
      .Add({{"version", kVersion}, {"compiler", kCompiler}})
      .Set(1);
}

std::vector<std::string> NamesOf(const ServerOptions& options) {
  std::vector<std::string> names;
  names.reserve(options.clusters.size());
  for (const ClusterOptions& cluster : options.clusters) {
    names.push_back(cluster.name);
  }
  return names;
}

ServingState StateOf(const ServerOptions& options,
                     std::vector<std::shared_ptr<ServedCluster>> clusters) {
  return {.request_limits = options.request_limits,
          .call_limits = options.call_limits,
          .max_topology_age = options.max_topology_age,
          .clusters = std::move(clusters),
          .callers = options.callers,
          .open_health = options.open_health};
}

// One for each processor: large calls only compute.
int WorkerThreads() {
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

// What the system lets the server have of the connections that the options
// allow.
int MaxConnections(const ServerOptions& options) {
  return std::min(options.max_connections, std::max(1, ConnectionsThatFit()));
}

}  // namespace

Server::Server(const ServerOptions& options)
    : state_(StateOf(options, {})),
      gate_(&state_, WorkerThreads(), &call_logger_, metrics_,
            [this](const std::string& peer) { EndConnection(peer); }),
      watches_(gate_, metrics_),
      slot_planner_service_(MakeSlotPlannerService(gate_, metrics_)),
      topology_service_(MakeTopologyService(gate_, watches_, metrics_)),
      advisor_service_(MakeAdvisorService(gate_, metrics_)),
      health_service_(kMaxHealthWatchers,
                      [this](const grpc::CallbackServerContext& context) {
                        return gate_.CheckHealthCaller(context);
                      }),
      health_(&health_service_, NamesOf(options)),
      admin_address_(options.admin_listen) {
  ExportBuildInfo(metrics_);
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(
    const ServerOptions& options) {
  std::unique_ptr<Server> server(new Server(options));
  // Calls are answered from the first one on, though no cluster has been read.
  server->state_.Replace(StateOf(options, server->ServedClustersOf(options)));
  absl::Status status = server->Listen(options);
  if (status.ok()) status = server->ListenToAdmins(options.admin_listen);
  if (!status.ok()) return status;
  server->Apply(options);
  return server;
}

absl::Status Server::Listen(const ServerOptions& options) {
  if (options.has_tls()) {
    absl::StatusOr<std::unique_ptr<ListenerTls>> tls =
        ListenerTls::Load(options.grpc_tls, absl::Now(), metrics_);
    if (!tls.ok()) {
      return absl::FailedPreconditionError(
          absl::StrCat("grpc_tls: ", tls.status().message()));
    }
    tls_ = *std::move(tls);
  }
  quota_.Resize(static_cast<size_t>(options.call_limits.memory_quota_bytes));
  const std::unique_ptr<grpc::ServerBuilder> builder =
      MakeServerBuilder(options, quota_);
  builder->RegisterService(slot_planner_service_.get());
  builder->RegisterService(topology_service_.get());
  builder->RegisterService(advisor_service_.get());
  builder->RegisterService(&health_service_);
  builder->RegisterCallbackGenericService(&unknown_method_service_);

  std::vector<GrpcListener> listeners;
  for (const ListenAddress& address : options.grpc_listen) {
    absl::StatusOr<std::unique_ptr<ListeningSocket>> socket =
        ListeningSocket::Open(address);
    if (!socket.ok()) return socket.status();
    const bool is_plain = tls_ == nullptr || !address.unix_path.empty();
    grpc_addresses_.push_back((*socket)->address());
    listeners.push_back(
        {.socket = *std::move(socket),
         .grpc_acceptor = builder->experimental().AddExternalConnectionAcceptor(
             grpc::ServerBuilder::experimental_type::ExternalConnectionType::
                 FROM_FD,
             is_plain ? grpc::InsecureServerCredentials()
                      : tls_->MakeCredentials())});
  }
  grpc_server_ = builder->BuildAndStart();
  if (grpc_server_ == nullptr) {
    return absl::FailedPreconditionError("gRPC could not start");
  }
  absl::StatusOr<std::unique_ptr<ConnectionAcceptor>> acceptor =
      ConnectionAcceptor::Start(std::move(listeners), MaxConnections(options),
                                metrics_);
  if (!acceptor.ok()) return acceptor.status();
  const std::lock_guard lock(acceptor_mutex_);
  acceptor_ = *std::move(acceptor);
  return absl::OkStatus();
}

void Server::EndConnection(const std::string& peer) {
  const std::lock_guard lock(acceptor_mutex_);
  if (acceptor_ != nullptr) acceptor_->EndFlooding(peer);
}

absl::Status Server::ListenToAdmins(const ListenAddress& address) {
  absl::Status status = CheckListenAddress(address);
  if (!status.ok()) return status;
  absl::StatusOr<std::unique_ptr<AdminHttp>> admin_http = AdminHttp::Start(
      address, all_metrics_, [this] { return health_.Check(); });
  if (!admin_http.ok()) return admin_http.status();
  admin_http_ = *std::move(admin_http);
  admin_address_.port = admin_http_->port();
  return absl::OkStatus();
}

std::vector<std::shared_ptr<ServedCluster>> Server::ServedClustersOf(
    const ServerOptions& options) {
  std::vector<std::shared_ptr<ServedCluster>> clusters;
  clusters.reserve(options.clusters.size());
  for (const ClusterOptions& cluster : options.clusters) {
    std::weak_ptr<ServedCluster>& known = known_clusters_[cluster.name];
    std::shared_ptr<ServedCluster> served = known.lock();
    if (served == nullptr) {
      served = std::make_shared<ServedCluster>(cluster.name, metrics_);
      known = served;
    }
    clusters.push_back(std::move(served));
  }
  return clusters;
}

void Server::Apply(const ServerOptions& options) {
  SetLogLevel(options.log_level);
  quota_.Resize(static_cast<size_t>(options.call_limits.memory_quota_bytes));
  const int max_connections = MaxConnections(options);
  acceptor_->SetMaxConnections(max_connections);
  if (max_connections < options.max_connections) {
    Log(LogLevel::kWarning, "connections_limited",
        {{"message",
          "The limit of open files (RLIMIT_NOFILE) leaves room for fewer "
          "connections than limits.max_connections."},
         {"connections", max_connections}});
  }

  std::vector<std::shared_ptr<ServedCluster>> served =
      ServedClustersOf(options);
  for (const auto& cluster : served) health_.AddCluster(cluster->name);
  health_.SetDefaultCluster(served.front()->name);
  state_.Replace(StateOf(options, served));

  std::vector<std::unique_ptr<FollowedCluster>> before =
      std::exchange(clusters_, {});
  for (size_t i = 0; i < served.size(); ++i) {
    const ClusterOptions& cluster = options.clusters[i];
    const auto same_name =
        std::find_if(before.begin(), before.end(), [&](const auto& followed) {
          return followed != nullptr && followed->name() == cluster.name;
        });
    std::unique_ptr<FollowedCluster> followed;
    if (same_name != before.end()) followed = std::move(*same_name);
    if (followed != nullptr && !followed->Follows(options, cluster)) {
      followed.reset();  // Before another one follows the same cluster.
    }
    if (followed == nullptr) {
      followed = std::make_unique<FollowedCluster>(options, cluster, served[i],
                                                   &health_, metrics_);
    }
    clusters_.push_back(std::move(followed));
  }
  for (std::unique_ptr<FollowedCluster>& gone : before) {
    if (gone == nullptr) continue;
    const std::shared_ptr<ServedCluster> cluster = gone->served();
    gone.reset();
    health_.RemoveCluster(cluster->name);
    watches_.EndCluster(*cluster);
  }
}

void Server::Tick() {
  if (tls_ != nullptr) {
    tls_->Reload(absl::Now()).IgnoreError();  // It logs by itself.
  }
}

Server::~Server() { Shutdown(absl::ZeroDuration()); }

void Server::Drain() {
  health_.MarkDraining();
  watches_.EndAll();
}

void Server::Shutdown(absl::Duration timeout) {
  if (grpc_server_ == nullptr) return;
  if (acceptor_ != nullptr) acceptor_->Stop();
  watches_.EndAll();
  health_service_.EndWatches();
  grpc_server_->Shutdown(std::chrono::system_clock::now() +
                         absl::ToChronoMilliseconds(timeout));
  grpc_server_->Wait();
}

}  // namespace slotplanner
