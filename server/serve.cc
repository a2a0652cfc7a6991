// SPDX-License-Identifier: Apache-2.0
#include "server/serve.h"

#include <memory>
#include <string>

#include <signal.h>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/build_info.h"
#include "server/log.h"
#include "server/server.h"
#include "service/slots/crc16.h"

namespace slotplanner {
namespace {

// How long calls under way may take at the end. Ours take milliseconds.
constexpr absl::Duration kShutdownTimeout = absl::Seconds(5);

std::string_view NameOfSignal(int signal) {
  return signal == SIGINT ? "SIGINT" : "SIGTERM";
}

// Blocks SIGTERM and SIGINT; the result is for sigwait.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A peer that closed shows as an error of the write, not as a signal.
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

void LogStart(const ServerOptions& options, bool has_configured_cluster,
              const Server& server) {
  Log(LogLevel::kInfo, "started",
      {{"version", kVersion},
       {"compiler", kCompiler},
       {"crc16", Crc16ImplementationName()}});
  if (!has_configured_cluster) {
    Log(LogLevel::kWarning, "no_cluster_configured",
        {{"message", "Following made-up shards; name yours with --cluster."}});
  }
  for (const ClusterOptions& cluster : options.clusters) {
    Log(LogLevel::kInfo, "following_cluster",
        {{"cluster", cluster.name},
         {"source", DescribeSourceSpec(cluster.source)}});
  }
  for (const ListenAddress& address : server.grpc_addresses()) {
    Log(LogLevel::kInfo, "listening",
        {{"protocol", "grpc"}, {"address", ToString(address)}});
  }
  Log(LogLevel::kInfo, "listening",
      {{"protocol", "http"}, {"address", ToString(server.admin_address())}});
}

}  // namespace

absl::Status ServeUntilSignal(ServerOptions options) {
  const sigset_t signals = BlockStopSignals();
  const bool has_configured_cluster = !options.clusters.empty();
  if (!has_configured_cluster) {
    options.clusters.push_back({"default", StaticSourceSpec{.shard_count = 3}});
  }
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(options);
  if (!server.ok()) return server.status();
  RouteGrpcLog();
  LogStart(options, has_configured_cluster, **server);

  int received = 0;
  sigwait(&signals, &received);
  (*server)->Drain();
  Log(LogLevel::kInfo, "draining",
      {{"signal", NameOfSignal(received)},
       {"drain_delay_seconds", options.drain_delay}});
  const timespec delay = absl::ToTimespec(options.drain_delay);
  sigtimedwait(&signals, nullptr, &delay);
  (*server)->Shutdown(kShutdownTimeout);
  server->reset();
  Log(LogLevel::kInfo, "stopped");
  return absl::OkStatus();
}

}  // namespace slotplanner
