// SPDX-License-Identifier: Apache-2.0
// What the cases are made from: the planner itself, on topologies that exist on
// paper only. Requests and answers are lines of JSON:
//
//     {"op": "plan", "topology": v1.Topology, "commands": [...], "options": {}}
//     {"response": v1.PlanBatchResponse}
//     {"op": "key_positions"}
//     {"response": v1.GetKeyPositionsResponse}
//
// Messages are in protobuf's JSON form, commands and options as a runner takes
// them. Nodes have no ports. The commands are those of Redis 7.0 and those that
// a file declares, a v1.Cluster in JSON.
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include "slotplanner/config/v1/server_config.pb.h"
#include "slotplanner/v1/slot_planner_service.pb.h"
#include "slotplanner/v1/topology_service.pb.h"

#include "server/declared_commands.h"
#include "service/answers/key_positions_answer.h"
#include "service/answers/plan_answer.h"
#include "service/answers/plan_batch_input.h"
#include "service/topology/cluster_topology.h"
#include "tests/conformance/json_lines.h"

namespace slotplanner {
namespace {

using google::protobuf::Message;
using google::protobuf::Struct;
using google::protobuf::Value;
using google::protobuf::util::JsonStringToMessage;
using google::protobuf::util::MessageToJsonString;

Struct Failure(const std::string& text) {
  Struct answer;
  (*answer.mutable_fields())["error"] = StringValue(text);
  return answer;
}

Struct ResponseOf(const Message& response) {
  std::string json;
  Struct answer;
  Value& value = (*answer.mutable_fields())["response"];
  if (!MessageToJsonString(response, &json).ok() ||
      !JsonStringToMessage(json, value.mutable_struct_value()).ok()) {
    return Failure("The response is no JSON.");
  }
  return answer;
}

Node NodeOf(const v1::Node& message) {
  // Nobody connects to it, but an endpoint has a port.
  return {.node_id = message.node_id(),
          .host = message.host(),
          .port = 1,
          .zone = message.zone()};
}

std::optional<ClusterSnapshot> SnapshotOf(
    const v1::Topology& message,
    std::shared_ptr<const CommandCatalog> catalog) {
  std::vector<Shard> shards;
  for (const v1::Shard& from : message.shards()) {
    Shard& shard = shards.emplace_back(Shard{
        .slot_ranges = {}, .primary = NodeOf(from.primary()), .replicas = {}});
    for (const v1::SlotRange& range : from.slot_ranges()) {
      const auto first = HashSlot::FromNumber(range.first());
      const auto last = HashSlot::FromNumber(range.last());
      if (!first || !last || *last < *first) return std::nullopt;
      shard.slot_ranges.push_back({.first = *first, .last = *last});
    }
    for (const v1::Node& replica : from.replicas()) {
      shard.replicas.push_back(NodeOf(replica));
    }
  }
  auto topology = ClusterTopology::Make(std::move(shards));
  if (!topology.ok()) return std::nullopt;
  ClusterSnapshot snapshot = {
      .topology = std::make_shared<const ClusterTopology>(*std::move(topology)),
      .catalog = std::move(catalog),
      .confirm_time = absl::UnixEpoch()};
  for (const v1::SlotMigration& from : message.migrations()) {
    const auto slot = HashSlot::FromNumber(from.slot());
    if (!slot) return std::nullopt;
    snapshot.migrations.push_back({.slot = *slot,
                                   .source_node_id = from.source_node_id(),
                                   .target_node_id = from.target_node_id()});
  }
  return snapshot;
}

Struct Plan(const Struct& request,
            const std::shared_ptr<const CommandCatalog>& catalog) {
  std::string json;
  v1::Topology topology;
  if (!MessageToJsonString(ObjectOf(request, "topology"), &json).ok() ||
      !JsonStringToMessage(json, &topology).ok()) {
    return Failure("The topology is no v1.Topology.");
  }
  const auto snapshot = SnapshotOf(topology, catalog);
  if (!snapshot) return Failure("The topology cannot be.");
  const v1::PlanBatchRequest batch = BatchOf(request);
  PlanBatchInput input{RequestLimits{}};
  input.Take(batch);
  const WireBytes bytes = ToResponse(MakePlan(input, *snapshot), *snapshot);
  v1::PlanBatchResponse response;
  if (!response.ParseFromArray(bytes.data.get(),
                               static_cast<int>(bytes.size))) {
    return Failure("The plan is no v1.PlanBatchResponse.");
  }
  response.mutable_topology()->clear_confirm_time();
  for (v1::Stage& stage : *response.mutable_stages()) {
    for (v1::NodePlan& node_plan : *stage.mutable_node_plans()) {
      node_plan.mutable_node()->clear_port();
    }
  }
  return ResponseOf(response);
}

Struct KeyPositions(const CommandCatalog& catalog) {
  v1::GetKeyPositionsResponse response;
  AnswerKeyPositions(catalog, response);
  response.set_commands_version(catalog.version());
  return ResponseOf(response);
}

// Null, and said on standard error, when the file is not as it must be.
std::shared_ptr<const CommandCatalog> ReadCatalog(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  config::v1::Cluster config;
  if (!JsonStringToMessage(text.str(), &config).ok()) {
    std::cerr << path << " is no v1.Cluster.\n";
    return nullptr;
  }
  const auto declared = ReadDeclaredCommands(
      config.commands(), [](std::string_view where, std::string_view problem) {
        std::cerr << where << ": " << problem << "\n";
      });
  if (declared == nullptr) return nullptr;
  return std::make_shared<const CommandCatalog>(
      CommandCatalog::Redis70()->With(*declared));
}

}  // namespace
}  // namespace slotplanner

int main(int argc, char** argv) {
  using slotplanner::StringOf;
  if (argc != 2) {
    std::cerr << "usage: conformance.reference COMMANDS_FILE\n";
    return 2;
  }
  const auto catalog = slotplanner::ReadCatalog(argv[1]);
  if (catalog == nullptr) return 1;
  return slotplanner::ServeLines([&catalog](const auto& request) {
    const std::string operation = StringOf(request, "op");
    if (operation == "plan") return slotplanner::Plan(request, catalog);
    if (operation == "key_positions") {
      return slotplanner::KeyPositions(*catalog);
    }
    return slotplanner::Failure("There is no such operation.");
  });
}
