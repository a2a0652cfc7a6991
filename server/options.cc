// SPDX-License-Identifier: Apache-2.0
#include "server/options.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include <google/protobuf/descriptor.h>

#include "slotplanner/v1/advisor_service.pb.h"
#include "slotplanner/v1/slot_planner_service.pb.h"
#include "slotplanner/v1/topology_service.pb.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/access_config.h"
#include "server/callers_config.h"
#include "server/config_name.h"
#include "server/declared_commands.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

void ApplyClusters(const config::v1::ServerConfig& config,
                   SettingReader& reader,
                   std::vector<ClusterOptions>& clusters) {
  if (config.clusters().empty()) return;
  clusters.clear();
  for (const config::v1::Cluster& cluster : config.clusters()) {
    const std::string path = absl::StrCat("clusters[", clusters.size(), "]");
    if (!IsConfigName(cluster.name())) {
      reader.Fail(path + ".name",
                  "a cluster's name has 1 to 63 lower-case letters, digits, "
                  "- and _, and begins with a letter");
      return;
    }
    for (const ClusterOptions& other : clusters) {
      if (other.name == cluster.name()) {
        reader.Fail(path + ".name",
                    absl::StrCat("two clusters are called ", other.name));
      }
    }
    absl::StatusOr<SourceSpec> source = ParseSourceSpec(cluster.source());
    if (!source.ok()) {
      reader.Fail(path + ".source", ToStd(source.status().message()));
      return;
    }
    const auto fail_within = [&](std::string_view part) {
      return [&reader, prefix = absl::StrCat(path, ToAbsl(part))](
                 std::string_view setting, std::string_view problem) {
        reader.Fail(absl::StrCat(prefix, ToAbsl(setting)), problem);
      };
    };
    ClusterAccess access = ReadClusterAccess(cluster, *source, fail_within(""));
    clusters.push_back({.name = cluster.name(),
                        .settings = cluster.SerializeAsString(),
                        .source = *std::move(source),
                        .access = std::move(access),
                        .declared_commands = ReadDeclaredCommands(
                            cluster.commands(), fail_within(".commands"))});
  }
}

// Zero is no limit.
void ReadConnectionAge(const google::protobuf::Duration& value,
                       SettingReader& reader, absl::Duration& age) {
  if (value.seconds() == 0 && value.nanos() == 0) {
    age = absl::InfiniteDuration();
    return;
  }
  reader.Duration("max_connection_age", value, absl::Seconds(1),
                  absl::Hours(10'000), age);
}

void ReadGrpcTls(const config::v1::GrpcTls& config, ListenerTlsFiles& files) {
  if (config.has_certificate_file()) {
    files.certificate_file = config.certificate_file();
  }
  if (config.has_key_file()) files.key_file = config.key_file();
  if (config.has_client_ca_file()) {
    files.client_ca_file = config.client_ca_file();
  }
  if (config.has_require_client_certificate()) {
    files.require_client_certificate = config.require_client_certificate();
  }
}

void ReadLimits(const config::v1::Limits& limits, SettingReader& reader,
                ServerOptions& options) {
  constexpr int kMaxInt = std::numeric_limits<int32_t>::max();
  RequestLimits& requests = options.request_limits;
  CallLimits& calls = options.call_limits;
  if (limits.has_max_message_bytes()) {
    reader.Number("limits.max_message_bytes", limits.max_message_bytes(),
                  1 << 10, 1 << 30, options.max_message_bytes);
  }
  if (limits.has_max_keys()) {
    reader.Number("limits.max_keys", limits.max_keys(), 1, kMaxInt,
                  requests.max_keys);
  }
  if (limits.has_max_commands()) {
    reader.Number("limits.max_commands", limits.max_commands(), 1, kMaxInt,
                  requests.max_commands);
  }
  if (limits.has_max_arguments()) {
    reader.Number("limits.max_arguments", limits.max_arguments(), 1, kMaxInt,
                  requests.max_arguments);
  }
  if (limits.has_max_advice_keys()) {
    reader.Number("limits.max_advice_keys", limits.max_advice_keys(), 1,
                  kMaxInt, requests.max_advice_keys);
  }
  if (limits.has_max_hash_tags()) {
    reader.Number("limits.max_hash_tags", limits.max_hash_tags(), 1, kMaxInt,
                  requests.max_hash_tags);
  }
  if (limits.has_max_watchers()) {
    reader.Number("limits.max_watchers", limits.max_watchers(), 0, 1'000'000,
                  calls.max_watchers);
  }
  if (limits.has_max_analyses()) {
    reader.Number("limits.max_analyses", limits.max_analyses(), 0, 100'000,
                  calls.max_analyses);
  }
  if (limits.has_max_analysis_duration()) {
    reader.Duration("limits.max_analysis_duration",
                    limits.max_analysis_duration(), absl::Milliseconds(1),
                    absl::Hours(10'000), calls.max_analysis_duration);
  }
  if (limits.has_max_connections()) {
    reader.Number("limits.max_connections", limits.max_connections(), 1,
                  1'000'000, options.max_connections);
  }
  if (limits.has_max_calls_per_connection()) {
    reader.Number("limits.max_calls_per_connection",
                  limits.max_calls_per_connection(), 1, kMaxInt,
                  options.max_calls_per_connection);
  }
  if (limits.has_max_concurrent_calls()) {
    reader.Number("limits.max_concurrent_calls", limits.max_concurrent_calls(),
                  1, 1'000'000, calls.max_concurrent_calls);
  }
  if (limits.has_max_queued_calls()) {
    reader.Number("limits.max_queued_calls", limits.max_queued_calls(), 0,
                  1'000'000, calls.max_queued_calls);
  }
  if (limits.has_max_queue_delay()) {
    reader.Duration("limits.max_queue_delay", limits.max_queue_delay(),
                    absl::Milliseconds(1), absl::Minutes(10),
                    calls.max_queue_delay);
  }
  if (limits.has_memory_quota_bytes()) {
    reader.Number("limits.memory_quota_bytes", limits.memory_quota_bytes(),
                  int64_t{1} << 20, int64_t{1} << 50, calls.memory_quota_bytes);
  }
  if (limits.has_max_metadata_bytes()) {
    reader.Number("limits.max_metadata_bytes", limits.max_metadata_bytes(),
                  1 << 10, 1 << 20, options.max_metadata_bytes);
  }
}

// The names of all methods of the API.
std::vector<std::string_view> MethodNames() {
  std::vector<std::string_view> names;
  for (const google::protobuf::FileDescriptor* const file :
       {v1::ExplainErrorRequest::descriptor()->file(),
        v1::KeyslotRequest::descriptor()->file(),
        v1::GetTopologyRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service(0)->method_count(); ++i) {
      names.emplace_back(file->service(0)->method(i)->name());
    }
  }
  return names;
}

}  // namespace

absl::Status ApplyConfig(const config::v1::ServerConfig& config,
                         SettingName name_of, ServerOptions& options) {
  SettingReader reader(name_of);
  if (!config.grpc_listen().empty()) options.grpc_listen.clear();
  for (const std::string& text : config.grpc_listen()) {
    const size_t index = options.grpc_listen.size();
    reader.Listen(absl::StrCat("grpc_listen[", index, "]"), text,
                  options.grpc_listen.emplace_back());
  }
  if (config.has_admin_listen()) {
    reader.Listen("admin_listen", config.admin_listen(), options.admin_listen);
    // Debian builds civetweb without IPv6, and it knows no Unix-domain sockets.
    if (!options.admin_listen.unix_path.empty() ||
        options.admin_listen.host.find(':') != std::string::npos) {
      reader.Fail("admin_listen",
                  "must be host:port, the host a name or an IPv4 address");
    }
  }
  ApplyClusters(config, reader, options.clusters);
  if (config.has_refresh_interval()) {
    reader.Duration("refresh_interval", config.refresh_interval(),
                    absl::Milliseconds(100), absl::Hours(24),
                    options.refresh_interval);
  }
  if (config.has_refresh_timeout()) {
    reader.Duration("refresh_timeout", config.refresh_timeout(),
                    absl::Milliseconds(10), absl::Minutes(10),
                    options.refresh_timeout);
  }
  if (config.has_min_refresh_interval()) {
    reader.Duration("min_refresh_interval", config.min_refresh_interval(),
                    absl::Milliseconds(10), absl::Hours(24),
                    options.min_refresh_interval);
  }
  if (config.has_max_topology_age()) {
    reader.Duration("max_topology_age", config.max_topology_age(),
                    absl::Seconds(1), absl::Hours(10'000),
                    options.max_topology_age);
  }
  if (config.has_refresh_nodes()) {
    reader.Number("refresh_nodes", config.refresh_nodes(), 1, 100,
                  options.refresh_nodes);
  }
  if (config.has_drain_delay()) {
    reader.Duration("drain_delay", config.drain_delay(), absl::ZeroDuration(),
                    absl::Hours(1), options.drain_delay);
  }
  if (config.has_shutdown_timeout()) {
    reader.Duration("shutdown_timeout", config.shutdown_timeout(),
                    absl::ZeroDuration(), absl::Hours(1),
                    options.shutdown_timeout);
  }
  if (config.has_max_connection_age()) {
    ReadConnectionAge(config.max_connection_age(), reader,
                      options.max_connection_age);
  }
  if (config.has_max_connection_age_grace()) {
    reader.Duration("max_connection_age_grace",
                    config.max_connection_age_grace(), absl::ZeroDuration(),
                    absl::Hours(24), options.max_connection_age_grace);
  }
  ReadGrpcTls(config.grpc_tls(), options.grpc_tls);
  if (config.has_allow_plaintext()) {
    options.allow_plaintext = config.allow_plaintext();
  }
  if (config.has_open_health()) options.open_health = config.open_health();
  if (config.has_reflection()) options.reflection = config.reflection();
  if (config.has_refuse_root()) options.refuse_root = config.refuse_root();
  if (config.has_log_level()) {
    const auto level = ParseLogLevel(config.log_level());
    if (level) {
      options.log_level = *level;
    } else {
      reader.Fail("log_level", "must be debug, info, warning or error");
    }
  }
  ReadLimits(config.limits(), reader, options);
  return reader.status();
}

absl::Status CompleteOptions(const config::v1::ServerConfig& config,
                             SettingName name_of, ServerOptions& options) {
  options.has_configured_cluster = !options.clusters.empty();
  if (!options.has_configured_cluster) {
    options.clusters.push_back(
        {.name = "default", .source = StaticSourceSpec{.shard_count = 3}});
  }
  if (options.max_topology_age < 2 * options.refresh_interval) {
    return SettingError("max_topology_age",
                        "must be at least twice refresh_interval, or a "
                        "topology grows too old between two refreshes");
  }
  const ListenerTlsFiles& tls = options.grpc_tls;
  if (tls.certificate_file.empty() != tls.key_file.empty()) {
    return SettingError("grpc_tls", "needs both certificate_file and key_file");
  }
  if (!tls.client_ca_file.empty() && tls.certificate_file.empty()) {
    return SettingError("grpc_tls",
                        "client_ca_file needs certificate_file and key_file");
  }
  if (!options.has_tls() && !options.allow_plaintext) {
    for (const ListenAddress& address : options.grpc_listen) {
      if (!IsLocal(address)) {
        return SettingError(
            "grpc_listen",
            "other machines can reach this address, and it is plain text; set "
            "grpc_tls, or allow_plaintext if the network is safe");
      }
    }
  }
  SettingReader reader(name_of);
  std::vector<std::string_view> clusters;
  for (const ClusterOptions& cluster : options.clusters) {
    clusters.push_back(cluster.name);
  }
  CallersConfig callers =
      ReadCallers(config.callers(), MethodNames(), clusters,
                  [&](std::string_view path, std::string_view problem) {
                    reader.Fail(absl::StrCat("callers", ToAbsl(path)), problem);
                  });
  if (tls.client_ca_file.empty()) {
    for (int i = 0; i < config.callers_size(); ++i) {
      if (!config.callers(i).identities().empty()) {
        reader.Fail(absl::StrCat("callers[", i, "].identities"),
                    "client certificates are asked for only with "
                    "grpc_tls.client_ca_file");
      }
    }
  }
  options.callers = std::move(callers.callers);
  options.token_files = std::move(callers.token_files);
  return reader.status();
}

std::vector<std::string> SettingsThatNeedRestart(const ServerOptions& before,
                                                 const ServerOptions& after) {
  std::vector<std::string> names;
  const auto add_if = [&](bool differs, const char* name) {
    if (differs) names.emplace_back(name);
  };
  add_if(before.grpc_listen != after.grpc_listen, "grpc_listen");
  add_if(!(before.admin_listen == after.admin_listen), "admin_listen");
  add_if(!(before.grpc_tls == after.grpc_tls), "grpc_tls");
  add_if(before.reflection != after.reflection, "reflection");
  add_if(before.max_connection_age != after.max_connection_age,
         "max_connection_age");
  add_if(before.max_connection_age_grace != after.max_connection_age_grace,
         "max_connection_age_grace");
  add_if(before.max_message_bytes != after.max_message_bytes,
         "limits.max_message_bytes");
  add_if(before.max_calls_per_connection != after.max_calls_per_connection,
         "limits.max_calls_per_connection");
  add_if(before.max_metadata_bytes != after.max_metadata_bytes,
         "limits.max_metadata_bytes");
  return names;
}

}  // namespace slotplanner
