// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "service/resp/resp_value.h"

namespace slotplanner::cli {

// What redis-cli prints on a terminal (`redis-cli --no-raw`) for the reply of
// this command, the newline at its end included. The command matters because
// redis-cli prints the text of a few, such as INFO, as it is.
std::string FormatReply(std::span<const std::string> command,
                        const RespValue& reply);

// The reply as JSON, with nothing lost: an object with `type` ("nil", "string",
// "status", "error", "integer" or "array") and the value. Text is in `text`, or
// in `base64` if it is no valid UTF-8; integers are in `integer`, as a string
// like all 64-bit integers in protobuf's JSON; arrays are in `elements`.
std::string FormatReplyJson(const RespValue& reply);

}  // namespace slotplanner::cli
