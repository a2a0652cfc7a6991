// SPDX-License-Identifier: Apache-2.0
#include "service/topology/node_replies.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/commands/command_catalog.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_value.h"
#include "service/slots/hash_slot.h"
#include "service/topology/cluster_nodes_reply.h"
#include "service/topology/cluster_shards_reply.h"
#include "service/topology/cluster_slots_reply.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/reply_fields.h"
#include "service/topology/zone_map.h"

namespace slotplanner {
namespace {

absl::Status Unusable(const RespEndpoint& node, absl::string_view reason) {
  return absl::InvalidArgumentError(
      absl::StrCat("Node ", ToString(node), ": ", reason));
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
                    "address, redis://user:password@host:port, or in a "
                    "password file.");
  }
  if (code == "NOPERM") {
    return Unusable(
        node, absl::StrCat("the user may not run ", command,
                           " (NOPERM); allow +cluster|shards, +cluster|slots, "
                           "+cluster|nodes and +command in its ACL."));
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

absl::Status ExplainWrong(const RespEndpoint& node, absl::string_view command,
                          const absl::Status& status) {
  return Unusable(node, absl::StrCat("its reply to ", command, " is wrong at ",
                                     status.message(), "."));
}

// Whether the error `reply` says that the command exists for others only, or no
// more. Servers quote its name in various ways.
bool IsHidden(const RespValue& reply) {
  return reply.is_error() && (ErrorCode(reply) == "NOPERM" ||
                              absl::StrContains(reply.text, "unknown command"));
}

absl::StatusOr<std::shared_ptr<const ClusterTopology>> ReadView(
    const RespValue& reply, absl::string_view command,
    absl::StatusOr<std::vector<Shard>> (*parse)(const RespValue&,
                                                const ReplyOrigin&),
    const ReplyOrigin& origin, const ZoneMap& zones) {
  if (reply.is_error()) return ExplainError(origin.asked, command, reply);
  absl::StatusOr<std::vector<Shard>> shards = parse(reply, origin);
  if (!shards.ok()) {
    return ExplainWrong(origin.asked, command, shards.status());
  }
  zones.FillZones(*shards);
  absl::StatusOr<ClusterTopology> topology =
      ClusterTopology::Make(*std::move(shards));
  if (!topology.ok()) {
    return Unusable(origin.asked, topology.status().message());
  }
  if (topology->unassigned_slot_count() == kHashSlotCount) {
    return Unusable(origin.asked,
                    "it knows no assigned slot; has it joined the cluster?");
  }
  return std::make_shared<const ClusterTopology>(*std::move(topology));
}

}  // namespace

// "unknown subcommand 'SHARDS'" and, from servers before 7.0, "Unknown
// subcommand or wrong number of arguments for 'SHARDS'".
bool IsUnknownSubcommand(const RespValue& reply) {
  return reply.is_error() &&
         absl::StrContains(absl::AsciiStrToLower(reply.text),
                           "unknown subcommand");
}

absl::StatusOr<std::shared_ptr<const ClusterTopology>> ReadShards(
    const RespValue& reply, const ReplyOrigin& origin, const ZoneMap& zones) {
  return ReadView(reply, "CLUSTER SHARDS", &ParseClusterShardsReply, origin,
                  zones);
}

absl::StatusOr<std::shared_ptr<const ClusterTopology>> ReadSlots(
    const RespValue& reply, const ReplyOrigin& origin, const ZoneMap& zones) {
  return ReadView(reply, "CLUSTER SLOTS", &ParseClusterSlotsReply, origin,
                  zones);
}

absl::StatusOr<std::optional<ClusterNodes>> ReadNodes(
    const RespValue& reply, const RespEndpoint& node) {
  constexpr absl::string_view kCommand = "CLUSTER NODES";
  if (IsHidden(reply)) return std::optional<ClusterNodes>();
  if (reply.is_error()) return ExplainError(node, kCommand, reply);
  absl::StatusOr<ClusterNodes> nodes = ParseClusterNodesReply(reply);
  if (!nodes.ok()) return ExplainWrong(node, kCommand, nodes.status());
  return std::optional(*std::move(nodes));
}

absl::StatusOr<std::shared_ptr<const CommandCatalog>> ReadCatalog(
    const RespValue& reply, const RespEndpoint& node) {
  constexpr absl::string_view kCommand = "COMMAND";
  if (IsHidden(reply)) return nullptr;
  if (reply.is_error()) return ExplainError(node, kCommand, reply);
  absl::StatusOr<CommandCatalog> catalog =
      CommandCatalog::FromCommandReply(reply);
  if (!catalog.ok()) {
    return Unusable(node, absl::StrCat("its reply to COMMAND is wrong: ",
                                       catalog.status().message()));
  }
  return std::make_shared<const CommandCatalog>(*std::move(catalog));
}

}  // namespace slotplanner
