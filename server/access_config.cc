// SPDX-License-Identifier: Apache-2.0
#include "server/access_config.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

using config::v1::Cluster;
using Pairs = std::vector<std::pair<std::string, std::string>>;

void ReadLogin(const Cluster& cluster, const RedisSourceSpec& source,
               ReportProblem report, ClusterAccess& access) {
  access.user = cluster.user();
  if (!cluster.user().empty() && !source.user.empty()) {
    report(".user", "stands in the source too; say it once");
  }
  const bool has_file = !cluster.password_file().empty();
  const bool has_variable = !cluster.password_env().empty();
  if (!source.password.empty() && (has_file || has_variable)) {
    report(has_file ? ".password_file" : ".password_env",
           "the source has a password too; say it once");
  }
  if (has_file && has_variable) {
    report(".password_env", "password_file is set too; say it once");
  }
  if (has_file) {
    access.password = PasswordSource::File(cluster.password_file());
  } else if (has_variable) {
    access.password = PasswordSource::Environment(cluster.password_env());
  } else if (!cluster.user().empty() && source.password.empty()) {
    report(".user", "needs a password: password_file or password_env");
  }
}

void ReadTls(const Cluster& cluster, const RedisSourceSpec& source,
             ReportProblem report, ClusterAccess& access) {
  if (!cluster.has_tls()) return;
  const config::v1::Tls& tls = cluster.tls();
  if (!source.tls) report(".tls", "needs a source that begins with rediss://");
  if (tls.certificate_file().empty() != tls.key_file().empty()) {
    report(tls.key_file().empty() ? ".tls.key_file" : ".tls.certificate_file",
           "a certificate and its key go together");
  }
  access.tls = TlsFiles{.ca_file = tls.ca_file(),
                        .certificate_file = tls.certificate_file(),
                        .key_file = tls.key_file(),
                        .server_name = tls.server_name()};
}

void ReadAddressMap(const Cluster& cluster, ReportProblem report,
                    ClusterAccess& access) {
  Pairs entries;
  for (const auto& mapping : cluster.address_map()) {
    entries.emplace_back(mapping.from(), mapping.to());
  }
  absl::StatusOr<AddressMap> map = AddressMap::Make(entries);
  if (!map.ok()) {
    report(".address_map", ToStd(map.status().message()));
    return;
  }
  access.address_map = *std::move(map);
}

void ReadZones(const Cluster& cluster, ReportProblem report,
               ClusterAccess& access) {
  Pairs entries;
  for (const auto& zone : cluster.zones()) {
    for (const std::string& host : zone.hosts()) {
      entries.emplace_back(host, zone.name());
    }
  }
  absl::StatusOr<ZoneMap> zones = ZoneMap::Make(entries);
  if (!zones.ok()) {
    report(".zones", ToStd(zones.status().message()));
    return;
  }
  access.zones = *std::move(zones);
}

}  // namespace

ClusterAccess ReadClusterAccess(const Cluster& cluster,
                                const SourceSpec& source,
                                ReportProblem report) {
  ClusterAccess access;
  const auto* const redis = std::get_if<RedisSourceSpec>(&source);
  if (redis == nullptr) {
    const bool has_access = cluster.has_user() || cluster.has_password_file() ||
                            cluster.has_password_env() || cluster.has_tls() ||
                            !cluster.address_map().empty() ||
                            !cluster.zones().empty();
    if (has_access) {
      report(".source",
             "static:N has no nodes to reach: user, password_file, "
             "password_env, tls, address_map and zones need redis:// or "
             "rediss://");
    }
    return access;
  }
  ReadLogin(cluster, *redis, report, access);
  ReadTls(cluster, *redis, report, access);
  ReadAddressMap(cluster, report, access);
  ReadZones(cluster, report, access);
  return access;
}

}  // namespace slotplanner
