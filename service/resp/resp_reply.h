// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "service/resp/resp_value.h"

namespace slotplanner {

// Appends a reply to `out` as a node sends it: the inverse of `RespParser`.
// Requires: no line break in the text of a status or an error. O(bytes).
void AppendReply(const RespValue& reply, std::string& out);

}  // namespace slotplanner
