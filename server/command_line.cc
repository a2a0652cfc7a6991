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
ABSL_FLAG(int32_t, max_watchers,
          slotplanner::ServerOptions{}.request_limits.max_watchers,
          "WatchTopology calls at one time, those of all clusters together;\n"
          "0 to 1000000. One more is refused with OVERLOADED.");

namespace slotplanner {
namespace {

// All flags, in the order of the manual.
constexpr std::string_view kFlagNames[] = {
    "grpc_listen",   "admin_listen",         "cluster",
    "config",        "refresh_interval",     "refresh_timeout",
    "refresh_nodes", "min_refresh_interval", "max_topology_age",
    "drain_delay",   "max_message_bytes",    "max_keys",
    "max_commands",  "max_arguments",        "max_watchers"};

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
  if (flag.IsOfType<int32_t>()) return "a whole number";
  return "a text";
}

// What stands on a command line, beyond the values that Abseil's flags hold.
struct Arguments {
  CommandLine::Action action = CommandLine::Action::kServe;
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
  config::v1::Limits& limits = *config.mutable_limits();
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
  if (given.Has("max_watchers")) {
    limits.set_max_watchers(absl::GetFlag(FLAGS_max_watchers));
  }
  return config;
}

// `limits.max_keys` is --max_keys, `clusters[1].source` is --cluster.
std::string FlagOfPath(std::string_view path) {
  if (path.starts_with("clusters[")) return "--cluster";
  if (path.starts_with("grpc_listen[")) return "--grpc_listen";
  return absl::StrCat("--", ToAbsl(path.substr(path.rfind('.') + 1)));
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(
    std::span<const char* const> arguments) {
  const absl::StatusOr<Arguments> given = ReadArguments(arguments);
  if (!given.ok()) return given.status();

  CommandLine result{.action = given->action, .options = {}};
  if (given->action != CommandLine::Action::kServe) return result;

  if (given->Has("config")) {
    const std::string file_name = absl::GetFlag(FLAGS_config);
    const absl::StatusOr<config::v1::ServerConfig> config =
        ReadConfigFile(file_name);
    if (!config.ok()) return config.status();
    absl::Status status = ApplyConfig(
        *config,
        [&](std::string_view path) {
          return absl::StrCat(file_name, ": ", ToAbsl(path));
        },
        result.options);
    if (!status.ok()) return status;
  }
  absl::Status status =
      ApplyConfig(ConfigOfFlags(*given), FlagOfPath, result.options);
  if (status.ok()) status = CheckOptions(result.options);
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
    clusters:
      - name: orders
        source: rediss://10.0.0.1:6379,10.0.0.2:6379
        user: slotplanner
        password_file: /etc/slotplanner/orders-password
        tls: {ca_file: /etc/slotplanner/ca.pem}
    refresh_interval: 5s
    limits:
      max_keys: 200000

The log is one JSON object a line on stderr.

Exit codes:
  0  stopped by SIGTERM or SIGINT
  1  could not start, such as when a port is in use
  2  a flag or the configuration file is wrong
)";
  return manual;
}

}  // namespace slotplanner
