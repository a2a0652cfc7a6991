// SPDX-License-Identifier: Apache-2.0
#include "server/serve.h"

#include <memory>
#include <string>
#include <utility>

#include <signal.h>

#include "absl/status/statusor.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/build_info.h"
#include "server/file_limit.h"
#include "server/heap.h"
#include "server/log.h"
#include "server/privileges.h"
#include "server/server.h"
#include "service/slots/crc16.h"

namespace slotplanner {
namespace {

// How often files are looked at for changes.
constexpr timespec kTick = {.tv_sec = 1, .tv_nsec = 0};

// How long memory that a burst needed stays with the process.
constexpr absl::Duration kHeapReturnInterval = absl::Minutes(1);

std::string_view NameOfSignal(int signal) {
  return signal == SIGINT ? "SIGINT" : "SIGTERM";
}

// Blocks the signals that the server waits for: those that stop it, and SIGHUP.
void BlockSignals(const sigset_t& stop_signals) {
  sigset_t signals = stop_signals;
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A peer that closed shows as an error of the write, not as a signal.
  signal(SIGPIPE, SIG_IGN);
}

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

void LogStart(const ServerOptions& options, const Server& server) {
  Log(LogLevel::kInfo, "started",
      {{"version", kVersion},
       {"compiler", kCompiler},
       {"crc16", Crc16ImplementationName()}});
  if (!options.has_configured_cluster) {
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
        {{"protocol", "grpc"},
         {"address", ToString(address)},
         {"security", options.has_tls() && address.unix_path.empty()
                          ? "tls"
                          : "plaintext"}});
  }
  Log(LogLevel::kInfo, "listening",
      {{"protocol", "http"}, {"address", ToString(server.admin_address())}});
}

// Takes new settings over. `started`: those with which the server started;
// `options`: those in use, and afterwards the new ones.
void Apply(ServerOptions next, const ServerOptions& started,
           ServerOptions& options, Server& server) {
  const std::string needs_restart =
      absl::StrJoin(SettingsThatNeedRestart(started, next), ", ");
  server.Apply(next);
  Log(LogLevel::kInfo, "config_applied",
      {{"clusters", next.clusters.size()},
       {"callers", next.callers->rules().size()}});
  if (!needs_restart.empty()) {
    Log(LogLevel::kWarning, "config_needs_restart",
        {{"settings", needs_restart}});
  }
  options = std::move(next);
}

// Returns the signal that stops the server.
int RunUntilSignal(const sigset_t& stop_signals, ConfigReloader& reloader,
                   ServerOptions& options, Server& server) {
  const ServerOptions started = options;
  sigset_t signals = stop_signals;
  sigaddset(&signals, SIGHUP);
  absl::Time heap_return_time = absl::Now() + kHeapReturnInterval;
  while (true) {
    const int received = sigtimedwait(&signals, nullptr, &kTick);
    if (received == SIGTERM || received == SIGINT) return received;
    server.Tick();
    if (const absl::Time now = absl::Now(); now >= heap_return_time) {
      ReturnFreeHeap();
      heap_return_time = now + kHeapReturnInterval;
    }
    if (auto next = reloader.Check(received == SIGHUP, absl::Now())) {
      Apply(*std::move(next), started, options, server);
    }
  }
}

}  // namespace

absl::Status ServeUntilSignal(ServerOptions options,
                              ConfigReloader::Read read) {
  // Before anyone is told that the server runs, who may then change a file.
  ConfigReloader::FileStates files = ConfigReloader::StatesOf(options);
  if (options.refuse_root) {
    absl::Status status = CheckSelfUnprivileged();
    if (!status.ok()) return status;
  }
  const sigset_t stop_signals = StopSignals();
  BlockSignals(stop_signals);
  RaiseFileLimit();
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(options);
  if (!server.ok()) return server.status();
  RouteLibraryLogs();
  LogStart(options, **server);
  ConfigReloader reloader(std::move(files), std::move(read), absl::Now(),
                          (*server)->metrics());
  const int received =
      RunUntilSignal(stop_signals, reloader, options, **server);

  (*server)->Drain();
  Log(LogLevel::kInfo, "draining",
      {{"signal", NameOfSignal(received)},
       {"drain_delay_seconds", options.drain_delay}});
  const timespec delay = absl::ToTimespec(options.drain_delay);
  sigtimedwait(&stop_signals, nullptr, &delay);
  (*server)->Shutdown(options.shutdown_timeout);
  server->reset();
  Log(LogLevel::kInfo, "stopped");
  return absl::OkStatus();
}

}  // namespace slotplanner
