// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "service/commands/command_catalog.h"
#include "service/resp/resp_endpoint.h"
#include "service/topology/cluster_access.h"
#include "service/topology/topology_source.h"

namespace slotplanner {

// `static:N`: N even shards, see `MakeEvenTopology`.
struct StaticSourceSpec {
  int shard_count = 0;  // 1 to 1000.
};

// `redis://[user:password@]host:port[,host:port...]`: a live cluster; with
// `rediss://` over TLS. User and password are percent-decoded; `:password@`
// without a user authenticates as the user `default`. IPv6 addresses stand in
// brackets.
struct RedisSourceSpec {
  std::vector<RespEndpoint> seeds;  // At least one.
  std::string user;                 // Empty: the user `default`.
  std::string password;             // Empty: no AUTH. Never logged.
  bool tls = false;
};

using SourceSpec = std::variant<StaticSourceSpec, RedisSourceSpec>;

// INVALID_ARGUMENT, with one sentence that repeats no password, when `text` is
// no such spec.
absl::StatusOr<SourceSpec> ParseSourceSpec(std::string_view text);

// The spec for people and logs, without user and password.
std::string DescribeSourceSpec(const SourceSpec& spec);

// The source of `spec`, its catalogs with the commands of `declared`, if that
// is not null, laid over them. `access` matters to live clusters only; its user
// and password go before those of `spec`.
std::unique_ptr<TopologySource> MakeTopologySource(
    const SourceSpec& spec, const ClusterAccess& access = {},
    std::shared_ptr<const CommandCatalog> declared = nullptr);

}  // namespace slotplanner
