// SPDX-License-Identifier: Apache-2.0
#include "service/answers/keyslot_answer.h"

#include "service/answers/topology_messages.h"
#include "service/slots/hash_slot.h"
#include "service/slots/hash_tag.h"

namespace slotplanner {

void AnswerKeyslot(const v1::KeyslotRequest& request,
                   const ClusterSnapshot* snapshot,
                   v1::KeyslotResponse& response) {
  const HashSlot slot = HashSlot::OfKey(request.key());
  response.set_slot(slot.value());
  if (const auto tag = FindHashTag(request.key())) {
    response.mutable_hash_tag()->set_offset(static_cast<int>(tag->offset));
    response.mutable_hash_tag()->set_length(static_cast<int>(tag->length));
  }
  if (snapshot == nullptr) return;
  FillStamp(*snapshot, *response.mutable_topology());
  const Shard* shard = snapshot->topology->ShardOf(slot);
  if (shard == nullptr) return;
  FillNode(shard->primary, v1::NODE_ROLE_PRIMARY, *response.mutable_owner());
  for (const Node& replica : shard->replicas) {
    FillNode(replica, v1::NODE_ROLE_REPLICA, *response.add_replicas());
  }
}

}  // namespace slotplanner
