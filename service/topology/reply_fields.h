// SPDX-License-Identifier: Apache-2.0
// The values that replies to CLUSTER subcommands share. Every error is
// INVALID_ARGUMENT, says what was expected, and holds no byte of the reply.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/resp/address_map.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_value.h"
#include "service/slots/hash_slot.h"

namespace slotplanner {

// Who sent a reply, and how the endpoints in it are to be taken.
struct ReplyOrigin {
  RespEndpoint asked;
  bool is_tls = false;  // Nodes are then connected to over TLS too (rule G2).
  const AddressMap* address_map = nullptr;  // Null: as announced.
};

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

// Where to connect to for the host that `value` stands for. Nothing when the
// node cannot be connected to: for "?" (rule G2), and for the port 0. Nil and
// "" are the host of the node that was asked, as it was asked: the address map
// is for what the cluster announces. Otherwise a host is 1 to 255 visible ASCII
// characters, so that it may be logged as it is.
absl::StatusOr<std::optional<RespEndpoint>> ParseEndpoint(
    const RespValue& value, int port, const ReplyOrigin& origin);

// An availability zone: up to 255 visible ASCII characters, possibly none.
absl::StatusOr<std::string> ParseZone(const RespValue& value);

// An integer from 0 to 65535. 0: the node does not listen on this kind of port.
absl::StatusOr<int> ParsePort(const RespValue& value);

}  // namespace slotplanner
