// SPDX-License-Identifier: Apache-2.0
#include "service/slots/hash_slot.h"

#include "service/slots/crc16.h"
#include "service/slots/hash_tag.h"

namespace slotplanner {

HashSlot HashSlot::OfKey(std::string_view key) {
  if (const auto tag = FindHashTag(key)) {
    key = key.substr(tag->offset, tag->length);
  }
  return HashSlot(static_cast<uint16_t>(Crc16(key) % kHashSlotCount));
}

}  // namespace slotplanner
