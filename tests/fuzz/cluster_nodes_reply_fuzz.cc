// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/status/statusor.h"
#include "service/resp/resp_value.h"
#include "service/slots/hash_slot.h"
#include "service/topology/cluster_nodes_reply.h"
#include "service/topology/cluster_topology.h"
#include "tests/fuzz/fuzz_replies.h"

namespace slotplanner {
namespace {

// What the parser lets through is as good as its header says.
void CheckNodes(const absl::StatusOr<ClusterNodes>& nodes) {
  if (!nodes.ok()) return;
  if (!nodes->config_epochs.contains(nodes->node_id)) std::abort();
  if (nodes->migrations.size() > kHashSlotCount) std::abort();
  for (const SlotMigration& migration : nodes->migrations) {
    const bool is_source = migration.source_node_id == nodes->node_id;
    const bool is_target = migration.target_node_id == nodes->node_id;
    if (!is_source && !is_target) std::abort();
    if (migration.source_node_id.empty()) std::abort();
    if (migration.target_node_id.empty()) std::abort();
  }
}

}  // namespace
}  // namespace slotplanner

// Any reply of a node is a reply to CLUSTER NODES or a refusal. Bytes that are
// no RESP are taken as its text, so that the fuzzer need not count them.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  slotplanner::ForEachReply(
      data, size, [](const slotplanner::RespValue& reply) {
        slotplanner::CheckNodes(slotplanner::ParseClusterNodesReply(reply));
      });
  slotplanner::CheckNodes(
      slotplanner::ParseClusterNodesReply(slotplanner::RespValue::String(
          {reinterpret_cast<const char*>(data), size})));
  return 0;
}
