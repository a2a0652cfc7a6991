// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/answers/group_keys_input.h"
#include "service/answers/wire_writer.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

// Whether an answer depends on the topology: by slot, keys can be grouped
// without.
bool NeedsTopology(const GroupKeysInput& input);

// A GroupKeysResponse. `snapshot` may be null unless `NeedsTopology(input)`;
// then the groups have no nodes. Requires: input that validation let pass.
WireBytes AnswerGroupKeys(const GroupKeysInput& input,
                          const ClusterSnapshot* snapshot);

}  // namespace slotplanner
