// SPDX-License-Identifier: Apache-2.0
#include "service/topology/redis_source.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/commands/command_catalog.h"
#include "service/resp/resp_connection.h"
#include "service/resp/resp_value.h"
#include "service/slots/hash_slot.h"
#include "service/topology/cluster_shards_reply.h"
#include "service/topology/cluster_slots_reply.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/source_spec.h"
#include "service/topology/topology_source.h"

namespace slotplanner {
namespace {

absl::Status Unusable(const RespEndpoint& node, absl::string_view reason) {
  return absl::InvalidArgumentError(
      absl::StrCat("Node ", ToString(node), ": ", reason));
}

absl::StatusOr<RespValue> Call(RespConnection& node,
                               std::initializer_list<std::string_view> args,
                               absl::Time deadline) {
  return node.Call({args.begin(), args.size()}, deadline);
}

// The code that an error begins with, such as NOAUTH.
absl::string_view ErrorCode(const RespValue& error) {
  const absl::string_view text = error.text;
  const size_t size = std::min(text.find(' '), text.size());
  const absl::string_view code = text.substr(0, size);
  const bool is_code =
      !code.empty() && code.size() <= 32 &&
      std::all_of(code.begin(), code.end(), [](char c) {
        return absl::ascii_isupper(static_cast<unsigned char>(c));
      });
  return is_code ? code : "an error without a code";
}

// What the answer to `command` means to whoever has to mend it.
absl::Status ExplainError(const RespEndpoint& node, absl::string_view command,
                          const RespValue& error) {
  const absl::string_view code = ErrorCode(error);
  if (code == "NOAUTH") {
    return Unusable(node,
                    "it wants a password (NOAUTH); give one in the cluster's "
                    "address, redis://user:password@host:port.");
  }
  if (code == "NOPERM") {
    return Unusable(node,
                    absl::StrCat("the user may not run ", command,
                                 " (NOPERM); allow +cluster|shards, "
                                 "+cluster|slots and +command in its ACL."));
  }
  if (absl::StrContains(error.text, "cluster support disabled")) {
    return Unusable(node,
                    "cluster support is disabled there; it is a single server, "
                    "no node of a cluster.");
  }
  constexpr size_t kMaxShown = 120;
  return Unusable(
      node,
      absl::StrCat(
          command, " was answered by the error \"",
          absl::CHexEscape(absl::string_view(error.text).substr(0, kMaxShown)),
          "\"."));
}

// "unknown subcommand 'SHARDS'" and, from servers before 7.0, "Unknown
// subcommand or wrong number of arguments for 'SHARDS'".
bool IsUnknownSubcommand(const RespValue& reply) {
  return reply.is_error() &&
         absl::StrContains(absl::AsciiStrToLower(reply.text),
                           "unknown subcommand");
}

absl::StatusOr<std::vector<Shard>> ReadShards(RespConnection& node,
                                              absl::Time deadline) {
  absl::string_view command = "CLUSTER SHARDS";
  auto* parse = &ParseClusterShardsReply;
  absl::StatusOr<RespValue> reply = Call(node, {"CLUSTER", "SHARDS"}, deadline);
  if (reply.ok() && IsUnknownSubcommand(*reply)) {
    command = "CLUSTER SLOTS";
    parse = &ParseClusterSlotsReply;
    reply = Call(node, {"CLUSTER", "SLOTS"}, deadline);
  }
  if (!reply.ok()) return reply.status();
  if (reply->is_error()) return ExplainError(node.endpoint(), command, *reply);
  absl::StatusOr<std::vector<Shard>> shards = parse(*reply, node.endpoint());
  if (!shards.ok()) {
    return Unusable(node.endpoint(),
                    absl::StrCat("its reply to ", command, " is wrong at ",
                                 shards.status().message(), "."));
  }
  return shards;
}

absl::StatusOr<std::shared_ptr<const ClusterTopology>> ReadTopology(
    RespConnection& node, absl::Time deadline) {
  absl::StatusOr<std::vector<Shard>> shards = ReadShards(node, deadline);
  if (!shards.ok()) return shards.status();
  absl::StatusOr<ClusterTopology> topology =
      ClusterTopology::Make(*std::move(shards));
  if (!topology.ok()) {
    return Unusable(node.endpoint(), topology.status().message());
  }
  if (topology->unassigned_slot_count() == kHashSlotCount) {
    return Unusable(node.endpoint(),
                    "it knows no assigned slot; has it joined the cluster?");
  }
  return std::make_shared<const ClusterTopology>(*std::move(topology));
}

// Whether the error `reply` says that the command exists for others only, or no
// more. Servers quote its name in various ways.
bool IsHidden(const RespValue& reply) {
  return reply.is_error() && (ErrorCode(reply) == "NOPERM" ||
                              absl::StrContains(reply.text, "unknown command"));
}

// The commands that the node tells of, or null when it hides them.
absl::StatusOr<std::shared_ptr<const CommandCatalog>> ReadCatalog(
    RespConnection& node, absl::Time deadline) {
  const absl::StatusOr<RespValue> reply = Call(node, {"COMMAND"}, deadline);
  if (!reply.ok()) return reply.status();
  if (IsHidden(*reply)) return nullptr;
  if (reply->is_error()) {
    return ExplainError(node.endpoint(), "COMMAND", *reply);
  }
  absl::StatusOr<CommandCatalog> catalog =
      CommandCatalog::FromCommandReply(*reply);
  if (!catalog.ok()) {
    return Unusable(node.endpoint(),
                    absl::StrCat("its reply to COMMAND is wrong: ",
                                 catalog.status().message()));
  }
  return std::make_shared<const CommandCatalog>(*std::move(catalog));
}

RespEndpoint EndpointOf(const Node& node) {
  return {.host = node.host, .port = node.port};
}

bool Contains(const std::vector<RespEndpoint>& endpoints,
              const RespEndpoint& endpoint) {
  return std::find(endpoints.begin(), endpoints.end(), endpoint) !=
         endpoints.end();
}

// Appends those of `more` that `endpoints` lacks.
void AddMissing(const std::vector<RespEndpoint>& more,
                std::vector<RespEndpoint>& endpoints) {
  for (const RespEndpoint& endpoint : more) {
    if (!Contains(endpoints, endpoint)) endpoints.push_back(endpoint);
  }
}

// One status for all that went wrong, a few of them in full.
absl::Status Summarize(const std::vector<absl::Status>& failures) {
  constexpr size_t kMaxShown = 3;
  std::string text = absl::StrJoin(
      failures.begin(),
      failures.begin() +
          static_cast<std::ptrdiff_t>(std::min(kMaxShown, failures.size())),
      " ", [](std::string* out, const absl::Status& failure) {
        absl::StrAppend(out, failure.message());
      });
  if (failures.size() > kMaxShown) {
    absl::StrAppend(&text, " So did ", failures.size() - kMaxShown,
                    " other nodes fail.");
  }
  const bool is_reachable =
      std::any_of(failures.begin(), failures.end(), absl::IsInvalidArgument);
  return is_reachable ? absl::InvalidArgumentError(text)
                      : absl::UnavailableError(text);
}

}  // namespace

RedisSource::RedisSource(RedisSourceSpec spec) : spec_(std::move(spec)) {
  AddMissing(spec_.seeds, candidates_);
}

absl::StatusOr<ClusterReading> RedisSource::Read(absl::Time deadline) {
  std::vector<absl::Status> failures;
  for (size_t i = 0; i < candidates_.size(); ++i) {
    const absl::Time now = absl::Now();
    const size_t candidates_left = candidates_.size() - i;
    const auto shares = static_cast<int>(std::min<size_t>(candidates_left, 3));
    absl::StatusOr<ClusterReading> reading =
        ReadNode(candidates_[i], now + (deadline - now) / shares);
    if (!reading.ok()) {
      failures.push_back(reading.status());
      continue;
    }
    // Next time, this one first and those that failed last.
    std::rotate(candidates_.begin(),
                candidates_.begin() + static_cast<std::ptrdiff_t>(i),
                candidates_.end());
    if (reading->topology != last_.topology) RememberNodes(*reading->topology);
    last_ = *std::move(reading);
    return last_;
  }
  return Summarize(failures);
}

absl::StatusOr<ClusterReading> RedisSource::ReadNode(
    const RespEndpoint& endpoint, absl::Time deadline) {
  absl::StatusOr<std::unique_ptr<RespConnection>> node =
      RespConnection::Connect(endpoint, deadline);
  if (!node.ok()) return node.status();
  if (absl::Status status = Authenticate(**node, deadline); !status.ok()) {
    return status;
  }
  absl::StatusOr<std::shared_ptr<const ClusterTopology>> topology =
      ReadTopology(**node, deadline);
  if (!topology.ok()) return topology.status();
  ClusterReading reading = last_;
  if (last_.topology == nullptr ||
      last_.topology->version() != (*topology)->version()) {
    reading.topology = *std::move(topology);
  } else if (!last_.hides_commands) {
    return last_;
  }
  absl::StatusOr<std::shared_ptr<const CommandCatalog>> catalog =
      ReadCatalog(**node, deadline);
  if (!catalog.ok()) return catalog.status();
  if (*catalog != nullptr) {
    reading.catalog = *std::move(catalog);
    reading.hides_commands = false;
  } else if (reading.catalog == nullptr) {
    reading.catalog = CommandCatalog::Redis70();
    reading.hides_commands = true;
  }
  return reading;
}

absl::Status RedisSource::Authenticate(RespConnection& node,
                                       absl::Time deadline) const {
  if (spec_.password.empty()) return absl::OkStatus();
  // Servers before 6.0 know no users, so AUTH names one only when it must.
  const absl::StatusOr<RespValue> reply =
      spec_.user.empty()
          ? Call(node, {"AUTH", spec_.password}, deadline)
          : Call(node, {"AUTH", spec_.user, spec_.password}, deadline);
  if (!reply.ok()) return reply.status();
  if (reply->is_error()) {
    // The code only: the text may repeat what was sent.
    return Unusable(node.endpoint(),
                    absl::StrCat("it refused the user or the password (",
                                 ErrorCode(*reply), ")."));
  }
  return absl::OkStatus();
}

void RedisSource::RememberNodes(const ClusterTopology& topology) {
  std::vector<RespEndpoint> wanted = spec_.seeds;
  for (const Shard& shard : topology.shards()) {
    wanted.push_back(EndpointOf(shard.primary));
    for (const Node& replica : shard.replicas) {
      wanted.push_back(EndpointOf(replica));
    }
  }
  std::erase_if(candidates_, [&](const RespEndpoint& candidate) {
    return !Contains(wanted, candidate);
  });
  AddMissing(wanted, candidates_);
}

}  // namespace slotplanner
