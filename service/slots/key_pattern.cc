// SPDX-License-Identifier: Apache-2.0
#include "service/slots/key_pattern.h"

#include "service/slots/hash_tag.h"

namespace slotplanner {

std::optional<HashSlot> SlotOfPattern(std::string_view pattern) {
  const size_t wildcard = pattern.find_first_of("*?[\\");
  if (wildcard == std::string_view::npos) return HashSlot::OfKey(pattern);
  const auto tag = FindHashTag(pattern);
  if (!tag || tag->offset + tag->length >= wildcard) return std::nullopt;
  return HashSlot::OfKey(pattern);
}

}  // namespace slotplanner
