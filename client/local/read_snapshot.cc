// SPDX-License-Identifier: Apache-2.0
#include "client/local/read_snapshot.h"

#include <optional>
#include <utility>

#include "slotplanner/v1/topology_service.pb.h"

#include "absl/status/status.h"
#include "service/answers/topology_messages.h"
#include "service/resp/resp_parser.h"

namespace slotplanner {

absl::StatusOr<std::shared_ptr<const CommandCatalog>> ReadCatalog(
    const SlotPlannerClient& client, const std::string& cluster,
    const std::string& version, std::optional<absl::Time> deadline) {
  v1::GetCommandsRequest request;
  request.set_cluster(cluster);
  const auto response = client.GetCommands(request, deadline);
  if (!response.ok()) return response.status();
  RespParser parser(RespLimits{});
  parser.Feed(response->command_reply());
  const auto reply = parser.Next();
  if (!reply.ok()) return reply.status();
  if (!reply->has_value()) {
    return absl::InvalidArgumentError(
        "The server sent no whole COMMAND reply.");
  }
  auto catalog = CommandCatalog::FromCommandReply(**reply);
  if (!catalog.ok()) return catalog.status();
  if (catalog->version() != version) {
    return absl::UnavailableError(
        "The server's commands are not those of its topology.");
  }
  return std::make_shared<const CommandCatalog>(*std::move(catalog));
}

absl::StatusOr<std::shared_ptr<const ClusterSnapshot>> ReadSnapshot(
    const SlotPlannerClient& client, const std::string& cluster,
    absl::Time deadline) {
  v1::GetTopologyRequest request;
  request.set_cluster(cluster);
  const auto response = client.GetTopology(request, deadline);
  if (!response.ok()) return response.status();
  auto catalog = ReadCatalog(client, cluster,
                             response->topology().commands_version(), deadline);
  if (!catalog.ok()) return catalog.status();
  auto snapshot = ToSnapshot(response->topology(), *std::move(catalog));
  if (!snapshot.ok()) return snapshot.status();
  return std::make_shared<const ClusterSnapshot>(*std::move(snapshot));
}

}  // namespace slotplanner
