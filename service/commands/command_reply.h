// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "service/commands/command_catalog.h"
#include "service/resp/resp_value.h"

namespace slotplanner {

// The commands as a server of 7.0 or later would tell them in its reply to
// COMMAND. What `CommandInfo` does not hold is empty or 0 there; what it holds
// as unknown or special reads so again.
RespValue ToCommandReply(const std::vector<CommandInfo>& commands);

}  // namespace slotplanner
