// SPDX-License-Identifier: Apache-2.0
// The hash slot of any bytes against rules A1 and A2 taken literally.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "service/slots/hash_slot.h"
#include "service/slots/hash_tag.h"
#include "service/slots/key_pattern.h"
#include "tests/support/bitwise_crc16.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace slotplanner;  // NOLINT: one function.
  const std::string_view key(reinterpret_cast<const char*>(data), size);
  std::string_view hashed = key;
  if (const auto tag = FindHashTag(key)) {
    if (tag->length == 0 || tag->offset + tag->length >= size) std::abort();
    if (key[tag->offset - 1] != '{') std::abort();
    if (key[tag->offset + tag->length] != '}') std::abort();
    hashed = key.substr(tag->offset, tag->length);
  }
  const HashSlot slot = HashSlot::OfKey(key);
  if (slot.value() != BitwiseCrc16(hashed) % kHashSlotCount) std::abort();
  // A pattern that has a slot has that of its literal text.
  const auto pattern_slot = SlotOfPattern(key);
  if (pattern_slot && *pattern_slot != slot) std::abort();
  return 0;
}
