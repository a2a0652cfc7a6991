// SPDX-License-Identifier: Apache-2.0
#include "service/topology/source_spec.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "service/base/strings.h"
#include "service/commands/command_catalog.h"
#include "service/resp/endpoint_text.h"
#include "service/resp/resp_endpoint.h"
#include "service/topology/cluster_access.h"
#include "service/topology/declared_commands_source.h"
#include "service/topology/redis_source.h"
#include "service/topology/static_source.h"
#include "service/topology/topology_source.h"

namespace slotplanner {
namespace {

constexpr std::string_view kStaticPrefix = "static:";
constexpr std::string_view kRedisPrefix = "redis://";
constexpr std::string_view kTlsRedisPrefix = "rediss://";
constexpr int kMaxStaticShards = 1000;

// Refusals repeat nothing of the spec: any part of it may turn out to be a
// password in the wrong place.
absl::Status Refuse(absl::string_view reason) {
  return absl::InvalidArgumentError(reason);
}

// Digits only: absl::SimpleAtoi would take signs and blanks.
std::optional<int> ParseNumber(absl::string_view text) {
  int number = 0;
  if (!std::all_of(text.begin(), text.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(text, &number)) {
    return std::nullopt;
  }
  return number;
}

std::optional<std::string> PercentDecode(absl::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    int byte = 0;
    const absl::string_view digits = text.substr(i + 1, 2);
    if (digits.size() != 2 ||
        !std::all_of(digits.begin(), digits.end(), absl::ascii_isxdigit) ||
        !absl::SimpleHexAtoi(digits, &byte)) {
      return std::nullopt;
    }
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

absl::StatusOr<SourceSpec> ParseStaticSpec(absl::string_view text) {
  const std::optional<int> count = ParseNumber(text);
  if (!count.has_value() || *count < 1 || *count > kMaxStaticShards) {
    return Refuse("\"static:\" needs a number of shards from 1 to 1000.");
  }
  return StaticSourceSpec{.shard_count = *count};
}

absl::StatusOr<SourceSpec> ParseRedisSpec(absl::string_view text, bool tls) {
  RedisSourceSpec spec;
  spec.tls = tls;
  // The last @: a password may hold others that nobody encoded.
  const size_t at = text.rfind('@');
  if (at != absl::string_view::npos) {
    const absl::string_view credentials = text.substr(0, at);
    const size_t colon = credentials.find(':');
    if (colon == absl::string_view::npos || colon + 1 == credentials.size()) {
      return Refuse(
          "Before the @ stand user and password, \"user:password@\" or "
          "\":password@\".");
    }
    std::optional<std::string> user =
        PercentDecode(credentials.substr(0, colon));
    std::optional<std::string> password =
        PercentDecode(credentials.substr(colon + 1));
    if (!user.has_value() || !password.has_value()) {
      return Refuse(
          "User and password are percent-encoded: write %25 for a %.");
    }
    spec.user = *std::move(user);
    spec.password = *std::move(password);
    text.remove_prefix(at + 1);
  }
  for (const absl::string_view seed : absl::StrSplit(text, ',')) {
    std::optional<RespEndpoint> endpoint = ParseEndpoint(ToStd(seed));
    if (!endpoint.has_value()) {
      return Refuse(absl::StrCat(
          "Node ", spec.seeds.size() + 1,
          " of the list is not host:port (IPv6 addresses in brackets, ports "
          "from 1 to 65535, no path behind it)."));
    }
    spec.seeds.push_back(*std::move(endpoint));
  }
  return spec;
}

// The text behind `prefix`, or nothing when it does not begin with it.
std::optional<absl::string_view> Behind(std::string_view prefix,
                                        std::string_view text) {
  if (!text.starts_with(prefix)) return std::nullopt;
  return ToAbsl(text.substr(prefix.size()));
}

struct Describe {
  std::string operator()(const StaticSourceSpec& spec) const {
    return absl::StrCat(ToAbsl(kStaticPrefix), spec.shard_count);
  }
  std::string operator()(const RedisSourceSpec& spec) const {
    return absl::StrCat(
        ToAbsl(spec.tls ? kTlsRedisPrefix : kRedisPrefix),
        absl::StrJoin(spec.seeds, ",",
                      [](std::string* out, const RespEndpoint& seed) {
                        out->append(ToString(seed));
                      }));
  }
};

struct MakeSource {
  const ClusterAccess& access;

  std::unique_ptr<TopologySource> operator()(
      const StaticSourceSpec& spec) const {
    return std::make_unique<StaticSource>(spec.shard_count);
  }
  std::unique_ptr<TopologySource> operator()(
      const RedisSourceSpec& spec) const {
    return std::make_unique<RedisSource>(spec, access);
  }
};

}  // namespace

absl::StatusOr<SourceSpec> ParseSourceSpec(std::string_view text) {
  if (const auto rest = Behind(kStaticPrefix, text)) {
    return ParseStaticSpec(*rest);
  }
  if (const auto rest = Behind(kRedisPrefix, text)) {
    return ParseRedisSpec(*rest, false);
  }
  if (const auto rest = Behind(kTlsRedisPrefix, text)) {
    return ParseRedisSpec(*rest, true);
  }
  return Refuse(
      "A cluster is \"redis://[user:password@]host:port[,host:port...]\", the "
      "same with \"rediss://\" for TLS, or \"static:N\".");
}

std::string DescribeSourceSpec(const SourceSpec& spec) {
  return std::visit(Describe{}, spec);
}

std::unique_ptr<TopologySource> MakeTopologySource(
    const SourceSpec& spec, const ClusterAccess& access,
    std::shared_ptr<const CommandCatalog> declared) {
  std::unique_ptr<TopologySource> source =
      std::visit(MakeSource{.access = access}, spec);
  if (declared == nullptr) return source;
  return std::make_unique<DeclaredCommandsSource>(std::move(source),
                                                  std::move(declared));
}

}  // namespace slotplanner
