// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "service/slots/crc16.h"

namespace slotplanner {

// Number of hash slots of a cluster; the last one is 16383. From the cluster
// specification, "Key distribution model".
inline constexpr int kHashSlotCount = 16384;

// One of the 16384 hash slots: a value in [0, 16383] and never anything else.
class HashSlot {
 public:
  // The slot of `key`, hashing only its hash tag if it has one (rules A1, A2).
  // Any bytes are a key; the empty key is in slot 0. O(bytes hashed).
  static HashSlot OfKey(std::string_view key) {
    return HashSlot(static_cast<uint16_t>(KeyCrc16(key) % kHashSlotCount));
  }

  // The slot of that number, or nothing if there is none.
  static constexpr std::optional<HashSlot> FromNumber(int64_t number) {
    if (number < 0 || number >= kHashSlotCount) return std::nullopt;
    return HashSlot(static_cast<uint16_t>(number));
  }

  // In [0, 16383].
  constexpr int value() const { return value_; }

  friend constexpr auto operator<=>(HashSlot, HashSlot) = default;

 private:
  constexpr explicit HashSlot(uint16_t value) : value_(value) {}

  uint16_t value_;
};

// Slots from `first` to `last`, both included. Requires: first <= last.
struct SlotRange {
  HashSlot first;
  HashSlot last;

  constexpr int size() const { return last.value() - first.value() + 1; }
  friend constexpr auto operator<=>(const SlotRange&,
                                    const SlotRange&) = default;
};

}  // namespace slotplanner
