// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "slotplanner/v1/topology_service.pb.h"

#include "service/commands/command_catalog.h"

namespace slotplanner {

// Fills the response: which arguments of the catalog's commands are read.
// Commands whose names are not ASCII, which only a server that renames commands
// has, are left out: text fields hold no bytes of any kind. O(number of
// commands).
void AnswerKeyPositions(const CommandCatalog& catalog,
                        v1::GetKeyPositionsResponse& response);

}  // namespace slotplanner
