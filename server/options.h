// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "slotplanner/config/v1/server_config.pb.h"

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/listen_address.h"
#include "service/commands/command_catalog.h"
#include "service/rpc/services.h"
#include "service/topology/cluster_access.h"
#include "service/topology/source_spec.h"

namespace slotplanner {

// A cluster to plan for.
struct ClusterOptions {
  std::string name;
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

  // Bytes of one request or response; from 1 KiB to 1 GiB. 64 MiB carry
  // 1,000,000 keys of 60 bytes.
  int max_message_bytes = 64 << 20;

  // What one request may ask for.
  RequestLimits request_limits;
};

// What a setting is called in errors, given its path in ServerConfig, such as
// `limits.max_keys` or `clusters[1].source`.
using SettingName = absl::FunctionRef<std::string(std::string_view path)>;

// Takes over every setting that `config` holds. INVALID_ARGUMENT, with one
// sentence that names the setting and repeats no value, when one is out of its
// range. This and `CheckOptions` are the places where ranges are checked.
absl::Status ApplyConfig(const config::v1::ServerConfig& config,
                         SettingName name_of, ServerOptions& options);

// Whether the settings go together, once all are applied. INVALID_ARGUMENT,
// with one sentence, when they do not.
absl::Status CheckOptions(const ServerOptions& options);

}  // namespace slotplanner
