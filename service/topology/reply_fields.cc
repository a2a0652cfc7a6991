// SPDX-License-Identifier: Apache-2.0
#include "service/topology/reply_fields.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/resp/address_map.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_value.h"
#include "service/slots/hash_slot.h"

namespace slotplanner {
namespace {

// Room beside the 40 of the cluster specification; 255 is the longest DNS
// name.
constexpr size_t kMaxNodeIdBytes = 64;
constexpr size_t kMaxHostBytes = 255;
constexpr size_t kMaxZoneBytes = 255;

bool IsVisibleAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c));
  });
}

}  // namespace

absl::Status BadField(absl::string_view reason) {
  return absl::InvalidArgumentError(absl::StrCat(": ", reason));
}

absl::Status Within(absl::string_view where, const absl::Status& status) {
  const absl::string_view rest = status.message();
  const bool has_path =
      !rest.empty() && rest.front() != ':' && rest.front() != '[';
  return absl::InvalidArgumentError(
      absl::StrCat(where, has_path ? "." : "", rest));
}

absl::StatusOr<SlotRange> ParseSlotRange(const RespValue& first,
                                         const RespValue& last) {
  if (!first.is_integer() || !last.is_integer()) {
    return BadField("a slot is not an integer");
  }
  const std::optional<HashSlot> from = HashSlot::FromNumber(first.integer);
  const std::optional<HashSlot> to = HashSlot::FromNumber(last.integer);
  if (!from.has_value() || !to.has_value()) {
    return BadField("a slot is not in 0 to 16383");
  }
  if (*from > *to) return BadField("a slot range ends before it begins");
  return SlotRange{.first = *from, .last = *to};
}

absl::StatusOr<std::string> ParseNodeId(const RespValue& value) {
  if (!value.is_text() || value.text.empty() ||
      value.text.size() > kMaxNodeIdBytes || !IsVisibleAscii(value.text)) {
    return BadField("not a node ID");
  }
  return value.text;
}

absl::StatusOr<std::optional<RespEndpoint>> ParseEndpoint(
    const RespValue& value, int port, const ReplyOrigin& origin) {
  if (!value.is_nil() && !value.is_text()) return BadField("not a string");
  if (value.text.size() > kMaxHostBytes || !IsVisibleAscii(value.text)) {
    return BadField("not a host name and not an IP address");
  }
  if (port == 0 || value.text == "?") return std::optional<RespEndpoint>();
  if (value.text.empty()) {
    return std::optional(RespEndpoint{.host = origin.asked.host, .port = port});
  }
  RespEndpoint announced{.host = value.text, .port = port};
  if (origin.address_map == nullptr) return std::optional(announced);
  return std::optional(origin.address_map->Map(std::move(announced)));
}

absl::StatusOr<std::string> ParseZone(const RespValue& value) {
  if (!value.is_text() || value.text.size() > kMaxZoneBytes ||
      !IsVisibleAscii(value.text)) {
    return BadField("not the name of a zone");
  }
  return value.text;
}

absl::StatusOr<int> ParsePort(const RespValue& value) {
  if (!value.is_integer() || value.integer < 0 || value.integer > 65535) {
    return BadField("not a port, an integer from 0 to 65535");
  }
  return static_cast<int>(value.integer);
}

}  // namespace slotplanner
