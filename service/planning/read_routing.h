// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "service/slots/hash_slot.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner {

// Which node of a shard serves reads.
enum class ReadPreference {
  kPrimary,  // The primary.
  kReplica,  // A replica that is online, or the primary if there is none.
  kNearest,  // A replica in the caller's zone, else the primary if it is there;
             // failing both, as kReplica.
};

// The node of `shard` that serves reads of `slot`. Where several replicas would
// do, the slot decides: the same slot always goes to the same replica, and the
// slots of a shard spread over its replicas.
const Node& NodeForRead(const Shard& shard, HashSlot slot,
                        ReadPreference preference,
                        std::string_view client_zone);

}  // namespace slotplanner
