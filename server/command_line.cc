// SPDX-License-Identifier: Apache-2.0
#include "server/command_line.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/util/time_util.h>

#include "absl/flags/commandlineflag.h"
#include "absl/flags/flag.h"
#include "absl/flags/reflection.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "server/build_info.h"
#include "server/config_file.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

std::string DefaultGrpcListen() {
  return absl::StrJoin(ServerOptions{}.grpc_listen, ",",
                       [](std::string* out, const ListenAddress& address) {
                         absl::StrAppend(out, ToString(address));
                       });
}

}  // namespace
}  // namespace slotplanner

ABSL_FLAG(std::string, grpc_listen, slotplanner::DefaultGrpcListen(),
          "Where the API is served: host:port or unix:PATH, several separated\n"
          "by commas. Port 0 lets the system choose; the log tells the port.");
ABSL_FLAG(std::string, admin_listen,
          slotplanner::ToString(slotplanner::ServerOptions{}.admin_listen),
          "Where /metrics, /healthz (the process lives) and /readyz (the\n"
          "default cluster's topology is known, and the server does not stop)\n"
          "are served over HTTP: host:port.");
ABSL_FLAG(std::string, cluster, "",
          "A cluster to plan for, NAME=SOURCE. Repeatable; the first one is\n"
          "the default cluster. Without NAME= it is called `default`. SOURCE\n"
          "is one of\n"
          "  redis://[user:password@]host:port[,host:port...]  a live cluster\n"
          "  rediss://...  the same over TLS\n"
          "  static:N  N even shards on loopback ports from 7000, for trials\n"
          "When neither a flag nor the file names a cluster it is static:3.\n"
          "A password is safer in a file: other users see command lines.");
ABSL_FLAG(std::string, config, "",
          "A YAML file with the same settings, those of limits under limits,\n"
          "and for each of its clusters more than a flag can say: name,\n"
          "source, user, password_file, password_env, tls, address_map, zones\n"
          "and commands; see docs/operations.md. A flag wins over the file;\n"
          "any --cluster replaces all clusters of the file.");
ABSL_FLAG(absl::Duration, refresh_interval,
          slotplanner::ServerOptions{}.refresh_interval,
          "How often each cluster is asked for its topology, from 100ms to\n"
          "24h. After a failure it is asked sooner: after 100ms, then twice\n"
          "as long each time up to 5s.");
ABSL_FLAG(absl::Duration, refresh_timeout,
          slotplanner::ServerOptions{}.refresh_timeout,
          "How long one such look may take, from 10ms to 10m.");
ABSL_FLAG(absl::Duration, min_refresh_interval,
          slotplanner::ServerOptions{}.min_refresh_interval,
          "The least time between two refreshes of a cluster that callers\n"
          "asked for, because a node redirected them; 10ms to 24h. However\n"
          "many ask, they cost one refresh in this time.");
ABSL_FLAG(absl::Duration, max_topology_age,
          slotplanner::ServerOptions{}.max_topology_age,
          "How long ago a cluster may have confirmed a topology that still\n"
          "serves; 1s to 10000h, and at least twice --refresh_interval. Older\n"
          "ones are refused with TOPOLOGY_STALE.");
ABSL_FLAG(int32_t, refresh_nodes, slotplanner::ServerOptions{}.refresh_nodes,
          "How many nodes of a cluster are asked for their view at each\n"
          "refresh, 1 to 100; the view of most of them counts.");
ABSL_FLAG(absl::Duration, drain_delay, slotplanner::ServerOptions{}.drain_delay,
          "How long the server answers on after SIGTERM or SIGINT with its\n"
          "health at NOT_SERVING, so that callers can move away; 0s to 1h.\n"
          "Then calls under way have 5s to end. A second signal cuts the\n"
          "delay short.");
ABSL_FLAG(absl::Duration, shutdown_timeout,
          slotplanner::ServerOptions{}.shutdown_timeout,
          "How long calls under way may take after the drain delay, before\n"
          "they are cancelled; 0s to 1h.");
ABSL_FLAG(
    absl::Duration, max_connection_age,
    slotplanner::ServerOptions{}.max_connection_age,
    "After how long a connection is asked to end, within 10 % more or\n"
    "less, so that callers find new replicas; 1s to 10000h, 0s for never.\n"
    "A gRPC client opens another one and loses no call.");
ABSL_FLAG(absl::Duration, max_connection_age_grace,
          slotplanner::ServerOptions{}.max_connection_age_grace,
          "How long the calls of such a connection may still take; 0s to 24h.\n"
          "A peer that reads no answers holds memory no longer than both\n"
          "together.");
ABSL_FLAG(
    std::string, grpc_tls_certificate_file, "",
    "A PEM file with the certificate, and its chain, of the API's TCP\n"
    "listeners: they speak TLS then. This file and the next two are read\n"
    "again when they change; if they cannot be used, the last good ones\n"
    "stay in place.");
ABSL_FLAG(std::string, grpc_tls_key_file, "",
          "A PEM file with the private key of that certificate.");
ABSL_FLAG(std::string, grpc_tls_client_ca_file, "",
          "A PEM file with the authorities of client certificates. Without it\n"
          "clients are asked for none.");
ABSL_FLAG(bool, grpc_tls_require_client_certificate,
          slotplanner::ServerOptions{}.grpc_tls.require_client_certificate,
          "Whether a client without a certificate is refused at once, when\n"
          "there are authorities.");
ABSL_FLAG(bool, allow_plaintext, slotplanner::ServerOptions{}.allow_plaintext,
          "Whether the API may be served without TLS on an address that other\n"
          "machines reach. Without it such an address is an error.");
ABSL_FLAG(
    bool, open_health, slotplanner::ServerOptions{}.open_health,
    "Whether gRPC health checks are answered to those who are none of the\n"
    "callers that the file names.");
ABSL_FLAG(bool, reflection, slotplanner::ServerOptions{}.reflection,
          "Whether gRPC reflection is served. It tells what the .proto files\n"
          "tell.");
ABSL_FLAG(std::string, log_level,
          std::string(slotplanner::LogLevelName(
              slotplanner::ServerOptions{}.log_level)),
          "The least severe level that is logged: debug, info, warning or\n"
          "error. debug logs each call, without keys.");
ABSL_FLAG(bool, refuse_root, slotplanner::ServerOptions{}.refuse_root,
          "Whether to refuse to start as root or with capabilities; the\n"
          "container image says true. Nothing that it does needs either.");
ABSL_FLAG(int32_t, max_message_bytes,
          slotplanner::ServerOptions{}.max_message_bytes,
          "Bytes of one request or response, 1024 to 1073741824. A key costs\n"
          "its length and 2 to 4 bytes: 64 MiB carry 1,000,000 keys of 60\n"
          "bytes.");
ABSL_FLAG(int32_t, max_keys,
          slotplanner::ServerOptions{}.request_limits.max_keys,
          "Keys in one GroupKeys request. 1,000,000 keys of 20 bytes are\n"
          "22 MB, within the default --max_message_bytes.");
ABSL_FLAG(int32_t, max_commands,
          slotplanner::ServerOptions{}.request_limits.max_commands,
          "Commands in one PlanBatch request.");
ABSL_FLAG(int32_t, max_arguments,
          slotplanner::ServerOptions{}.request_limits.max_arguments,
          "Arguments in one PlanBatch request, those of all commands\n"
          "together, names included.");
ABSL_FLAG(int32_t, max_advice_keys,
          slotplanner::ServerOptions{}.request_limits.max_advice_keys,
          "Keys or arguments in one SuggestHashTags or CheckTemplates\n"
          "request.");
ABSL_FLAG(int32_t, max_hash_tags,
          slotplanner::ServerOptions{}.request_limits.max_hash_tags,
          "Hash tags in one MintHashTags response.");
ABSL_FLAG(int32_t, max_watchers,
          slotplanner::ServerOptions{}.call_limits.max_watchers,
          "WatchTopology calls at one time, those of all clusters together;\n"
          "0 to 1000000. One more is refused with OVERLOADED.");
ABSL_FLAG(int32_t, max_analyses,
          slotplanner::ServerOptions{}.call_limits.max_analyses,
          "AnalyzeKeys and AnalyzeWorkload calls at one time, those of all\n"
          "clusters together; 0 to 100000. One more is refused with\n"
          "OVERLOADED.");
ABSL_FLAG(absl::Duration, max_analysis_duration,
          slotplanner::ServerOptions{}.call_limits.max_analysis_duration,
          "How long one of them may last, 1ms to 10000h.");
ABSL_FLAG(
    int32_t, max_connections, slotplanner::ServerOptions{}.max_connections,
    "Open connections to the API, 1 to 1000000; more are closed at once.\n"
    "An idle one costs 18 KiB. The limit of open files bounds it, too.");
ABSL_FLAG(int32_t, max_calls_per_connection,
          slotplanner::ServerOptions{}.max_calls_per_connection,
          "Calls under way on one connection, at least 1. gRPC's clients hold\n"
          "back more by themselves.");
ABSL_FLAG(int32_t, max_concurrent_calls,
          slotplanner::ServerOptions{}.call_limits.max_concurrent_calls,
          "Calls begun and not yet answered, watches apart, 1 to 1000000. One\n"
          "more is refused with OVERLOADED, as are those past the next three.");
ABSL_FLAG(int32_t, max_queued_calls,
          slotplanner::ServerOptions{}.call_limits.max_queued_calls,
          "Large calls that wait for a worker thread, 0 to 1000000.");
ABSL_FLAG(absl::Duration, max_queue_delay,
          slotplanner::ServerOptions{}.call_limits.max_queue_delay,
          "How long one may have to wait, going by how long work took lately;\n"
          "1ms to 10m. Less than callers' deadlines, or the answers come too\n"
          "late.");
ABSL_FLAG(int64_t, memory_quota_bytes,
          slotplanner::ServerOptions{}.call_limits.memory_quota_bytes,
          "Bytes of the requests and responses of all calls under way, from\n"
          "1 MiB. Work on a request takes up to 2.5 times its bytes: see\n"
          "docs/operations.md, \"Memory\".");
ABSL_FLAG(int32_t, max_metadata_bytes,
          slotplanner::ServerOptions{}.max_metadata_bytes,
          "Bytes of the headers of one call, 1024 to 1048576.");

namespace slotplanner {
namespace {

// All flags, in the order of the manual.
constexpr std::string_view kFlagNames[] = {
    "grpc_listen",
    "admin_listen",
    "cluster",
    "config",
    "refresh_interval",
    "refresh_timeout",
    "refresh_nodes",
    "min_refresh_interval",
    "max_topology_age",
    "drain_delay",
    "shutdown_timeout",
    "max_connection_age",
    "max_connection_age_grace",
    "grpc_tls_certificate_file",
    "grpc_tls_key_file",
    "grpc_tls_client_ca_file",
    "grpc_tls_require_client_certificate",
    "allow_plaintext",
    "open_health",
    "reflection",
    "log_level",
    "refuse_root",
    "max_message_bytes",
    "max_keys",
    "max_commands",
    "max_arguments",
    "max_advice_keys",
    "max_hash_tags",
    "max_watchers",
    "max_analyses",
    "max_analysis_duration",
    "max_connections",
    "max_calls_per_connection",
    "max_concurrent_calls",
    "max_queued_calls",
    "max_queue_delay",
    "memory_quota_bytes",
    "max_metadata_bytes",
};

absl::Status UsageError(std::string_view problem) {
  return absl::InvalidArgumentError(
      absl::StrCat(ToAbsl(problem), "; see --help"));
}

// The flag of that name among ours, or null.
absl::CommandLineFlag* FindFlag(std::string_view name) {
  const bool is_ours = std::find(std::begin(kFlagNames), std::end(kFlagNames),
                                 name) != std::end(kFlagNames);
  return is_ours ? absl::FindCommandLineFlag(ToAbsl(name)) : nullptr;
}

// Whether `text` looks like a flag's name: then it is no misplaced secret.
bool IsFlagName(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  c == '_' || c == '-';
         });
}

std::string_view ExpectedValue(const absl::CommandLineFlag& flag) {
  if (flag.IsOfType<absl::Duration>()) return "a duration such as 10s or 500ms";
  if (flag.IsOfType<int32_t>() || flag.IsOfType<int64_t>()) {
    return "a whole number";
  }
  if (flag.IsOfType<bool>()) return "true or false";
  return "a text";
}

// What stands on a command line, beyond the values that Abseil's flags hold.
struct Arguments {
  CommandLine::Action action = CommandLine::Action::kServe;
  std::string_view healthcheck_service;
  std::vector<std::string_view> names;  // Of the flags given.
  std::vector<std::string_view> clusters;

  bool Has(std::string_view name) const {
    return std::find(names.begin(), names.end(), name) != names.end();
  }
};

// Sets Abseil's flags.
absl::StatusOr<Arguments> ReadArguments(
    std::span<const char* const> arguments) {
  Arguments result;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string_view argument = arguments[i];
    if (!argument.starts_with("--")) {
      return UsageError(absl::StrCat("argument ", i + 1, " is no flag"));
    }
    argument.remove_prefix(2);
    const size_t equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    if (argument == "help") {
      result.action = CommandLine::Action::kPrintManual;
      return result;
    }
    if (argument == "version") {
      result.action = CommandLine::Action::kPrintVersion;
      return result;
    }
    if (name == "healthcheck") {
      result.action = CommandLine::Action::kHealthcheck;
      result.healthcheck_service =
          argument.substr(std::min(name.size() + 1, argument.size()));
      continue;
    }
    absl::CommandLineFlag* const flag = FindFlag(name);
    if (flag == nullptr) {
      return UsageError(
          IsFlagName(name)
              ? absl::StrCat("there is no flag --", ToAbsl(name))
              : absl::StrCat("argument ", i + 1, " is no known flag"));
    }
    std::string_view value;
    if (equals != std::string_view::npos) {
      value = argument.substr(equals + 1);
    } else if (flag->IsOfType<bool>()) {
      value = "true";
    } else if (i + 1 < arguments.size()) {
      value = arguments[++i];
    } else {
      return UsageError(absl::StrCat("--", ToAbsl(name), " wants a value"));
    }
    std::string unused_error;  // It would repeat the value.
    if (!flag->ParseFrom(ToAbsl(value), &unused_error)) {
      return UsageError(absl::StrCat("--", ToAbsl(name), " wants ",
                                     ToAbsl(ExpectedValue(*flag))));
    }
    result.names.push_back(name);
    if (name == "cluster") result.clusters.push_back(value);
  }
  return result;
}

google::protobuf::Duration ToProto(absl::Duration duration) {
  // An endless one becomes 292 years, which is out of every range.
  return google::protobuf::util::TimeUtil::NanosecondsToDuration(
      absl::ToInt64Nanoseconds(duration));
}

void AddTls(const Arguments& given, config::v1::GrpcTls& tls) {
  if (given.Has("grpc_tls_certificate_file")) {
    tls.set_certificate_file(absl::GetFlag(FLAGS_grpc_tls_certificate_file));
  }
  if (given.Has("grpc_tls_key_file")) {
    tls.set_key_file(absl::GetFlag(FLAGS_grpc_tls_key_file));
  }
  if (given.Has("grpc_tls_client_ca_file")) {
    tls.set_client_ca_file(absl::GetFlag(FLAGS_grpc_tls_client_ca_file));
  }
  if (given.Has("grpc_tls_require_client_certificate")) {
    tls.set_require_client_certificate(
        absl::GetFlag(FLAGS_grpc_tls_require_client_certificate));
  }
}

void AddLimits(const Arguments& given, config::v1::Limits& limits) {
  if (given.Has("max_message_bytes")) {
    limits.set_max_message_bytes(absl::GetFlag(FLAGS_max_message_bytes));
  }
  if (given.Has("max_keys")) {
    limits.set_max_keys(absl::GetFlag(FLAGS_max_keys));
  }
  if (given.Has("max_commands")) {
    limits.set_max_commands(absl::GetFlag(FLAGS_max_commands));
  }
  if (given.Has("max_arguments")) {
    limits.set_max_arguments(absl::GetFlag(FLAGS_max_arguments));
  }
  if (given.Has("max_advice_keys")) {
    limits.set_max_advice_keys(absl::GetFlag(FLAGS_max_advice_keys));
  }
  if (given.Has("max_hash_tags")) {
    limits.set_max_hash_tags(absl::GetFlag(FLAGS_max_hash_tags));
  }
  if (given.Has("max_watchers")) {
    limits.set_max_watchers(absl::GetFlag(FLAGS_max_watchers));
  }
  if (given.Has("max_analyses")) {
    limits.set_max_analyses(absl::GetFlag(FLAGS_max_analyses));
  }
  if (given.Has("max_analysis_duration")) {
    *limits.mutable_max_analysis_duration() =
        ToProto(absl::GetFlag(FLAGS_max_analysis_duration));
  }
  if (given.Has("max_connections")) {
    limits.set_max_connections(absl::GetFlag(FLAGS_max_connections));
  }
  if (given.Has("max_calls_per_connection")) {
    limits.set_max_calls_per_connection(
        absl::GetFlag(FLAGS_max_calls_per_connection));
  }
  if (given.Has("max_concurrent_calls")) {
    limits.set_max_concurrent_calls(absl::GetFlag(FLAGS_max_concurrent_calls));
  }
  if (given.Has("max_queued_calls")) {
    limits.set_max_queued_calls(absl::GetFlag(FLAGS_max_queued_calls));
  }
  if (given.Has("max_queue_delay")) {
    *limits.mutable_max_queue_delay() =
        ToProto(absl::GetFlag(FLAGS_max_queue_delay));
  }
  if (given.Has("memory_quota_bytes")) {
    limits.set_memory_quota_bytes(absl::GetFlag(FLAGS_memory_quota_bytes));
  }
  if (given.Has("max_metadata_bytes")) {
    limits.set_max_metadata_bytes(absl::GetFlag(FLAGS_max_metadata_bytes));
  }
}

// The flags given, as the file would say it.
config::v1::ServerConfig ConfigOfFlags(const Arguments& given) {
  config::v1::ServerConfig config;
  if (given.Has("grpc_listen")) {
    for (const absl::string_view address :
         absl::StrSplit(absl::GetFlag(FLAGS_grpc_listen), ',')) {
      config.add_grpc_listen(std::string(address));
    }
  }
  if (given.Has("admin_listen")) {
    config.set_admin_listen(absl::GetFlag(FLAGS_admin_listen));
  }
  for (const std::string_view text : given.clusters) {
    // Only what stands before the `=` of a name is free of colons.
    const size_t end = text.find_first_of(":=");
    const bool has_name = end != std::string_view::npos && text[end] == '=';
    config::v1::Cluster& cluster = *config.add_clusters();
    cluster.set_name(has_name ? std::string(text.substr(0, end)) : "default");
    cluster.set_source(std::string(has_name ? text.substr(end + 1) : text));
  }
  if (given.Has("refresh_interval")) {
    *config.mutable_refresh_interval() =
        ToProto(absl::GetFlag(FLAGS_refresh_interval));
  }
  if (given.Has("refresh_timeout")) {
    *config.mutable_refresh_timeout() =
        ToProto(absl::GetFlag(FLAGS_refresh_timeout));
  }
  if (given.Has("min_refresh_interval")) {
    *config.mutable_min_refresh_interval() =
        ToProto(absl::GetFlag(FLAGS_min_refresh_interval));
  }
  if (given.Has("max_topology_age")) {
    *config.mutable_max_topology_age() =
        ToProto(absl::GetFlag(FLAGS_max_topology_age));
  }
  if (given.Has("refresh_nodes")) {
    config.set_refresh_nodes(absl::GetFlag(FLAGS_refresh_nodes));
  }
  if (given.Has("drain_delay")) {
    *config.mutable_drain_delay() = ToProto(absl::GetFlag(FLAGS_drain_delay));
  }
  if (given.Has("shutdown_timeout")) {
    *config.mutable_shutdown_timeout() =
        ToProto(absl::GetFlag(FLAGS_shutdown_timeout));
  }
  if (given.Has("max_connection_age")) {
    *config.mutable_max_connection_age() =
        ToProto(absl::GetFlag(FLAGS_max_connection_age));
  }
  if (given.Has("max_connection_age_grace")) {
    *config.mutable_max_connection_age_grace() =
        ToProto(absl::GetFlag(FLAGS_max_connection_age_grace));
  }
  AddTls(given, *config.mutable_grpc_tls());
  if (given.Has("allow_plaintext")) {
    config.set_allow_plaintext(absl::GetFlag(FLAGS_allow_plaintext));
  }
  if (given.Has("open_health")) {
    config.set_open_health(absl::GetFlag(FLAGS_open_health));
  }
  if (given.Has("reflection")) {
    config.set_reflection(absl::GetFlag(FLAGS_reflection));
  }
  if (given.Has("log_level")) {
    config.set_log_level(absl::GetFlag(FLAGS_log_level));
  }
  if (given.Has("refuse_root")) {
    config.set_refuse_root(absl::GetFlag(FLAGS_refuse_root));
  }
  AddLimits(given, *config.mutable_limits());
  return config;
}

// `limits.max_keys` is --max_keys, `clusters[1].source` is --cluster.
std::string FlagOfPath(std::string_view path) {
  if (path.starts_with("clusters[")) return "--cluster";
  if (path.starts_with("grpc_listen[")) return "--grpc_listen";
  if (path.starts_with("grpc_tls.")) {
    return absl::StrCat("--", absl::StrReplaceAll(ToAbsl(path), {{".", "_"}}));
  }
  return absl::StrCat("--", ToAbsl(path.substr(path.rfind('.') + 1)));
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(
    std::span<const char* const> arguments) {
  const absl::StatusOr<Arguments> given = ReadArguments(arguments);
  if (!given.ok()) return given.status();

  CommandLine result{
      .action = given->action,
      .options = {},
      .healthcheck_service = std::string(given->healthcheck_service)};
  if (given->action == CommandLine::Action::kPrintManual ||
      given->action == CommandLine::Action::kPrintVersion) {
    return result;
  }

  ServerOptions& options = result.options;
  config::v1::ServerConfig config;
  const std::string file_name = absl::GetFlag(FLAGS_config);
  const auto name_in_file = [&](std::string_view path) {
    return absl::StrCat(file_name, ": ", ToAbsl(path));
  };
  if (given->Has("config")) {
    absl::StatusOr<config::v1::ServerConfig> read = ReadConfigFile(file_name);
    if (!read.ok()) return read.status();
    config = *std::move(read);
    absl::Status status = ApplyConfig(config, name_in_file, options);
    if (!status.ok()) return status;
    options.config_file = file_name;
  }
  absl::Status status = ApplyConfig(ConfigOfFlags(*given), FlagOfPath, options);
  if (status.ok()) status = CompleteOptions(config, name_in_file, options);
  if (!status.ok()) return status;
  return result;
}

std::string Manual() {
  std::string manual =
      absl::StrCat("slotplanner-server ", kVersion,
                   "\n\nTells over gRPC which node of a Redis or Valkey "
                   "Cluster serves which key, and\n"
                   "what to send where.\n\n"
                   "Usage: slotplanner-server [--flag=value ...]\n\n"
                   "Flags, with their defaults:\n");
  for (const std::string_view name : kFlagNames) {
    const absl::CommandLineFlag& flag = *FindFlag(name);
    absl::StrAppend(
        &manual, "\n  --", ToAbsl(name), "=", flag.DefaultValue(), "\n      ",
        absl::StrReplaceAll(flag.Help(), {{"\n", "\n      "}}), "\n");
  }
  manual += R"(
  --healthcheck, --healthcheck=SERVICE
      Asks the server that runs with the same flags and file whether it
      serves, by gRPC health at the first address of --grpc_listen, and exits.
      SERVICE is a name of grpc.health.v1, such as
      slotplanner.v1.SlotPlannerService for readiness; without one the
      question is whether the process lives. For HEALTHCHECK of Docker and for
      exec probes. It takes 3s at most.

  --help
      Prints this manual.

  --version
      Prints the version.

Examples:
  slotplanner-server
  slotplanner-server --cluster=redis://127.0.0.1:7000,127.0.0.1:7001
  slotplanner-server --cluster=orders=redis://10.0.0.1:6379 \
                     --cluster=carts=redis://10.0.1.1:6379
  slotplanner-server --config=/etc/slotplanner/server.yaml

  server.yaml:
    grpc_listen: ["0.0.0.0:50051"]
    grpc_tls:
      certificate_file: /etc/slotplanner/tls.crt
      key_file: /etc/slotplanner/tls.key
    clusters:
      - name: orders
        source: rediss://10.0.0.1:6379,10.0.0.2:6379
        user: slotplanner
        password_file: /etc/slotplanner/orders-password
        tls: {ca_file: /etc/slotplanner/ca.pem}
    refresh_interval: 5s
    limits:
      max_keys: 200000

SIGHUP, or a change of the file or of a caller's token file, makes the server
read its settings again. Clusters, callers, limits and times take effect; those
that need a restart are named in the log; settings with an error change nothing.

The log is one JSON object a line on stderr.

Exit codes:
  0  stopped by SIGTERM or SIGINT; with --healthcheck: it serves
  1  could not start, such as when a port is in use; with --healthcheck: it
     does not serve, or did not answer
  2  a flag or the configuration file is wrong
)";
  return manual;
}

}  // namespace slotplanner
