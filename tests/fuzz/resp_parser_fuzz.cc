// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "service/resp/resp_parser.h"
#include "service/resp/resp_value.h"

namespace slotplanner {
namespace {

constexpr RespLimits kLimits = {.max_reply_bytes = 4096,
                                .max_reply_elements = 256};

size_t CountValues(const RespValue& value) {
  size_t count = 1;
  for (const RespValue& element : value.elements) count += CountValues(element);
  return count;
}

void Check(bool holds) {
  if (!holds) std::abort();
}

struct Outcome {
  std::vector<RespValue> replies;
  bool is_refused = false;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome ParseInPiecesOf(size_t piece_size, std::string_view bytes) {
  RespParser parser(kLimits);
  Outcome outcome;
  while (!bytes.empty() && !outcome.is_refused) {
    const std::string_view piece = bytes.substr(0, piece_size);
    bytes.remove_prefix(piece.size());
    parser.Feed(piece);
    while (true) {
      absl::StatusOr<std::optional<RespValue>> reply = parser.Next();
      outcome.is_refused = !reply.ok();
      if (!reply.ok() || !reply->has_value()) break;
      Check(CountValues(**reply) <= kLimits.max_reply_elements);
      outcome.replies.push_back(**std::move(reply));
    }
  }
  return outcome;
}

}  // namespace
}  // namespace slotplanner

// Any bytes give the same replies, within the limits, however they arrive. The
// first byte chooses the size of the pieces.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1),
                               size - 1);
  const slotplanner::Outcome whole =
      slotplanner::ParseInPiecesOf(bytes.size() + 1, bytes);
  const slotplanner::Outcome pieces =
      slotplanner::ParseInPiecesOf(size_t{data[0]} + 1, bytes);
  slotplanner::Check(whole == pieces);
  return 0;
}
