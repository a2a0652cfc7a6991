// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "slotplanner/config/v1/server_config.pb.h"

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/listen_address.h"
#include "server/listener_tls_files.h"
#include "server/log.h"
#include "server/setting_reader.h"
#include "service/access/callers.h"
#include "service/answers/request_limits.h"
#include "service/commands/command_catalog.h"
#include "service/rpc/serving_state.h"
#include "service/topology/cluster_access.h"
#include "service/topology/source_spec.h"

namespace slotplanner {

// A cluster to plan for.
struct ClusterOptions {
  std::string name;
  // All of its settings in the form of the configuration file: two clusters
  // with the same are the same. Secret, as the source is.
  std::string settings = {};
  SourceSpec source;
  ClusterAccess access = {};
  // Commands to lay over the cluster's own; null when there are none.
  std::shared_ptr<const CommandCatalog> declared_commands = nullptr;
};

// All settings of the server, each within its range. The defaults here are the
// only ones: flags and manual take theirs from this struct.
struct ServerOptions {
  // Listeners of the API. At least one.
  std::vector<ListenAddress> grpc_listen = {
      {.host = "127.0.0.1", .port = 50051, .unix_path = {}}};

  // Listener of /metrics, /healthz and /readyz. Always TCP over IPv4.
  ListenAddress admin_listen = {
      .host = "127.0.0.1", .port = 9464, .unix_path = {}};

  // The first is the default cluster. Empty: none was configured.
  std::vector<ClusterOptions> clusters;

  // How often a cluster is asked for its topology; from 100ms to 24h. Callers
  // that find a topology out of date make the server ask earlier.
  absl::Duration refresh_interval = absl::Seconds(10);

  // The least time between two refreshes that callers asked for; from 10ms to
  // 24h, and no longer than `refresh_interval` in effect. Each asks every
  // primary once, so with 100 primaries and
  // 5 refreshes a second a cluster answers 500 requests a second at most,
  // however many callers report redirections.
  absl::Duration min_refresh_interval = absl::Milliseconds(200);

  // How long one look at a cluster may take; from 10ms to 10m.
  absl::Duration refresh_timeout = absl::Seconds(5);

  // How long ago a cluster may have confirmed a topology that still serves;
  // from 1s to 10000h, and at least two refresh intervals. What is out of date
  // costs callers a redirection, what is refused costs them the answer.
  absl::Duration max_topology_age = absl::Hours(1);

  // How many nodes of a cluster are asked for their view at each refresh; 1 to
  // 100. Of five, two may be down or behind and three still agree.
  int refresh_nodes = ClusterAccess{}.max_votes;

  // How long the server answers on after SIGTERM, its health at NOT_SERVING; up
  // to 1h. Long enough for those who poll health every few seconds to notice.
  absl::Duration drain_delay = absl::Seconds(5);

  // How long calls under way may take after that; up to 1h. Ours take
  // milliseconds; health watches, which never end, are cancelled after it.
  absl::Duration shutdown_timeout = absl::Seconds(5);

  // After how long a connection is asked to end, within 10 % more or less, and
  // how long its calls may still take then; from 1s to 10000h or infinite, and
  // up to 24h. Half an hour after a replica was added it has its share of the
  // connections; a caller notices nothing.
  absl::Duration max_connection_age = absl::Minutes(30);
  absl::Duration max_connection_age_grace = absl::Seconds(30);

  // TLS of the TCP listeners of the API, if it has a certificate.
  ListenerTlsFiles grpc_tls = {.certificate_file = {}, .key_file = {}};
  bool has_tls() const { return !grpc_tls.certificate_file.empty(); }

  // Whether the API may be served in plain text where other machines reach it.
  bool allow_plaintext = false;

  // The file that the settings came from; empty if there was none.
  std::string config_file;

  // Who may call, and the files of their tokens. Never null once completed.
  std::shared_ptr<const Callers> callers;
  std::vector<std::string> token_files;

  // Whether health checks are answered to those who are none of the callers.
  bool open_health = true;

  // Whether gRPC reflection is served.
  bool reflection = true;

  LogLevel log_level = LogLevel::kInfo;

  // Whether the server refuses to start with more rights than an ordinary user
  // has: as root, or with capabilities. The container image sets it.
  bool refuse_root = false;

  // False: `clusters` holds a made-up one. Set when completed.
  bool has_configured_cluster = false;

  // Bytes of one request or response; from 1 KiB to 1 GiB. 64 MiB carry
  // 1,000,000 keys of 60 bytes.
  int max_message_bytes = 64 << 20;

  // What one request may ask for, and all calls together.
  RequestLimits request_limits;
  CallLimits call_limits;

  // Open connections to the API; 1 to 1,000,000. An idle one costs 18 KiB:
  // 180 MB in all.
  int max_connections = 10'000;

  // Calls under way on one connection; at least 1. HTTP/2 recommends no fewer
  // than 100 (RFC 9113, section 6.5.2); watches take their place for long.
  int max_calls_per_connection = 1'000;

  // Bytes of the headers of one call; from 1 KiB to 1 MiB. Twice gRPC's
  // default, since bearer tokens of a few KiB are common.
  int max_metadata_bytes = 16 << 10;
};

// Takes over every setting that `config` holds. INVALID_ARGUMENT, with one
// sentence that names the setting and repeats no value, when one is out of its
// range. This and `CompleteOptions` are the places where ranges are checked.
absl::Status ApplyConfig(const config::v1::ServerConfig& config,
                         SettingName name_of, ServerOptions& options);

// What needs all settings, once they are applied: a made-up cluster if there is
// none, the callers of `config`, and whether the settings go together.
// INVALID_ARGUMENT, with one sentence, when they do not.
absl::Status CompleteOptions(const config::v1::ServerConfig& config,
                             SettingName name_of, ServerOptions& options);

// The settings that differ, and that a running server cannot take over.
std::vector<std::string> SettingsThatNeedRestart(const ServerOptions& before,
                                                 const ServerOptions& after);

}  // namespace slotplanner
