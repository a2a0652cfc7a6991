// SPDX-License-Identifier: Apache-2.0
#include "server/options.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/access_config.h"
#include "server/declared_commands.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

absl::Status SettingError(std::string_view name, std::string_view problem) {
  return absl::InvalidArgumentError(
      absl::StrCat(ToAbsl(name), ": ", ToAbsl(problem)));
}

// Copies settings into options and remembers the first that is wrong.
class Applier {
 public:
  explicit Applier(SettingName name_of) : name_of_(name_of) {}

  void Fail(std::string_view path, std::string_view problem) {
    if (status_.ok()) status_ = SettingError(name_of_(path), problem);
  }

  void Listen(std::string_view path, const std::string& text,
              ListenAddress& address) {
    absl::StatusOr<ListenAddress> parsed = ParseListenAddress(text);
    if (!parsed.ok()) {
      Fail(path, ToStd(parsed.status().message()));
    } else {
      address = *std::move(parsed);
    }
  }

  void Duration(std::string_view path, const google::protobuf::Duration& value,
                absl::Duration min, absl::Duration max,
                absl::Duration& duration) {
    const absl::Duration given =
        absl::Seconds(value.seconds()) + absl::Nanoseconds(value.nanos());
    if (given < min || given > max) {
      Fail(path, absl::StrCat("must be from ", absl::FormatDuration(min),
                              " to ", absl::FormatDuration(max)));
    } else {
      duration = given;
    }
  }

  void Number(std::string_view path, int value, int min, int max, int& number) {
    if (value < min || value > max) {
      Fail(path, absl::StrCat("must be from ", min, " to ", max));
    } else {
      number = value;
    }
  }

  const absl::Status& status() const { return status_; }

 private:
  SettingName name_of_;
  absl::Status status_;
};

bool IsClusterName(std::string_view name) {
  return !name.empty() && name.size() <= 63 &&
         absl::ascii_islower(static_cast<unsigned char>(name.front())) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_islower(static_cast<unsigned char>(c)) ||
                  absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
                  c == '-' || c == '_';
         });
}

void ApplyClusters(const config::v1::ServerConfig& config, Applier& applier,
                   std::vector<ClusterOptions>& clusters) {
  if (config.clusters().empty()) return;
  clusters.clear();
  for (const config::v1::Cluster& cluster : config.clusters()) {
    const std::string path = absl::StrCat("clusters[", clusters.size(), "]");
    if (!IsClusterName(cluster.name())) {
      applier.Fail(path + ".name",
                   "a cluster's name has 1 to 63 lower-case letters, digits, "
                   "- and _, and begins with a letter");
      return;
    }
    for (const ClusterOptions& other : clusters) {
      if (other.name == cluster.name()) {
        applier.Fail(path + ".name",
                     absl::StrCat("two clusters are called ", other.name));
      }
    }
    absl::StatusOr<SourceSpec> source = ParseSourceSpec(cluster.source());
    if (!source.ok()) {
      applier.Fail(path + ".source", ToStd(source.status().message()));
      return;
    }
    const auto fail_within = [&](std::string_view part) {
      return [&applier, prefix = absl::StrCat(path, ToAbsl(part))](
                 std::string_view setting, std::string_view problem) {
        applier.Fail(absl::StrCat(prefix, ToAbsl(setting)), problem);
      };
    };
    ClusterAccess access = ReadClusterAccess(cluster, *source, fail_within(""));
    clusters.push_back({.name = cluster.name(),
                        .source = *std::move(source),
                        .access = std::move(access),
                        .declared_commands = ReadDeclaredCommands(
                            cluster.commands(), fail_within(".commands"))});
  }
}

}  // namespace

absl::Status ApplyConfig(const config::v1::ServerConfig& config,
                         SettingName name_of, ServerOptions& options) {
  Applier applier(name_of);
  if (!config.grpc_listen().empty()) options.grpc_listen.clear();
  for (const std::string& text : config.grpc_listen()) {
    const size_t index = options.grpc_listen.size();
    applier.Listen(absl::StrCat("grpc_listen[", index, "]"), text,
                   options.grpc_listen.emplace_back());
  }
  if (config.has_admin_listen()) {
    applier.Listen("admin_listen", config.admin_listen(), options.admin_listen);
    // Debian builds civetweb without IPv6, and it knows no Unix-domain sockets.
    if (!options.admin_listen.unix_path.empty() ||
        options.admin_listen.host.find(':') != std::string::npos) {
      applier.Fail("admin_listen",
                   "must be host:port, the host a name or an IPv4 address");
    }
  }
  ApplyClusters(config, applier, options.clusters);
  if (config.has_refresh_interval()) {
    applier.Duration("refresh_interval", config.refresh_interval(),
                     absl::Milliseconds(100), absl::Hours(24),
                     options.refresh_interval);
  }
  if (config.has_refresh_timeout()) {
    applier.Duration("refresh_timeout", config.refresh_timeout(),
                     absl::Milliseconds(10), absl::Minutes(10),
                     options.refresh_timeout);
  }
  if (config.has_min_refresh_interval()) {
    applier.Duration("min_refresh_interval", config.min_refresh_interval(),
                     absl::Milliseconds(10), absl::Hours(24),
                     options.min_refresh_interval);
  }
  if (config.has_max_topology_age()) {
    applier.Duration("max_topology_age", config.max_topology_age(),
                     absl::Seconds(1), absl::Hours(10'000),
                     options.max_topology_age);
  }
  if (config.has_refresh_nodes()) {
    applier.Number("refresh_nodes", config.refresh_nodes(), 1, 100,
                   options.refresh_nodes);
  }
  if (config.has_drain_delay()) {
    applier.Duration("drain_delay", config.drain_delay(), absl::ZeroDuration(),
                     absl::Hours(1), options.drain_delay);
  }
  const config::v1::Limits& limits = config.limits();
  constexpr int kMaxInt = std::numeric_limits<int32_t>::max();
  if (limits.has_max_message_bytes()) {
    applier.Number("limits.max_message_bytes", limits.max_message_bytes(),
                   1 << 10, 1 << 30, options.max_message_bytes);
  }
  if (limits.has_max_keys()) {
    applier.Number("limits.max_keys", limits.max_keys(), 1, kMaxInt,
                   options.request_limits.max_keys);
  }
  if (limits.has_max_commands()) {
    applier.Number("limits.max_commands", limits.max_commands(), 1, kMaxInt,
                   options.request_limits.max_commands);
  }
  if (limits.has_max_arguments()) {
    applier.Number("limits.max_arguments", limits.max_arguments(), 1, kMaxInt,
                   options.request_limits.max_arguments);
  }
  if (limits.has_max_watchers()) {
    applier.Number("limits.max_watchers", limits.max_watchers(), 0, 1'000'000,
                   options.request_limits.max_watchers);
  }
  return applier.status();
}

absl::Status CheckOptions(const ServerOptions& options) {
  if (options.max_topology_age < 2 * options.refresh_interval) {
    return SettingError("max_topology_age",
                        "must be at least twice refresh_interval, or a "
                        "topology grows too old between two refreshes");
  }
  return absl::OkStatus();
}

}  // namespace slotplanner
