// SPDX-License-Identifier: Apache-2.0
// The values that CLUSTER SHARDS and CLUSTER SLOTS replies share. Every error
// is INVALID_ARGUMENT, says what was expected, and holds no byte of the reply.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_value.h"
#include "service/slots/hash_slot.h"

namespace slotplanner {

// A refusal of the reply: `reason` goes behind the path of the value.
absl::Status BadField(absl::string_view reason);

// `status` with `where` put before its path, such as `nodes[2]`.
absl::Status Within(absl::string_view where, const absl::Status& status);

// Two integers, both slots, the first not above the last.
absl::StatusOr<SlotRange> ParseSlotRange(const RespValue& first,
                                         const RespValue& last);

// A node ID: 1 to 64 visible ASCII characters (40 hexadecimal ones from Redis
// and Valkey themselves).
absl::StatusOr<std::string> ParseNodeId(const RespValue& value);

// The host that `value` stands for when `asked` was asked: that of `asked`
// itself for nil or "", nothing for "?" (rule G2). Otherwise 1 to 255 visible
// ASCII characters, so that a host may be logged as it is.
absl::StatusOr<std::optional<std::string>> ParseHost(const RespValue& value,
                                                     const RespEndpoint& asked);

// An availability zone: up to 255 visible ASCII characters, possibly none.
absl::StatusOr<std::string> ParseZone(const RespValue& value);

// An integer from 0 to 65535. 0: the node does not listen on this kind of port.
absl::StatusOr<int> ParsePort(const RespValue& value);

}  // namespace slotplanner
