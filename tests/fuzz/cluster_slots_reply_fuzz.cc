// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "service/resp/resp_value.h"
#include "service/topology/cluster_slots_reply.h"
#include "service/topology/reply_fields.h"
#include "tests/fuzz/fuzz_replies.h"

// Any reply of a node is a topology or a refusal.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  slotplanner::ForEachReply(
      data, size, [](const slotplanner::RespValue& reply) {
        slotplanner::CheckShards(slotplanner::ParseClusterSlotsReply(
            reply, {.asked = {.host = "asked", .port = 1}}));
      });
  return 0;
}
