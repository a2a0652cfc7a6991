// SPDX-License-Identifier: Apache-2.0
#include "service/slots/hash_tag.h"

namespace slotplanner {

std::optional<HashTag> FindHashTag(std::string_view key) {
  const size_t open = key.find('{');
  if (open == std::string_view::npos) return std::nullopt;
  const size_t close = key.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return std::nullopt;
  return HashTag{.offset = open + 1, .length = close - open - 1};
}

}  // namespace slotplanner
