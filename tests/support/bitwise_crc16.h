// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace slotplanner {

// CRC-16/XMODEM straight from its definition, bit by bit and without a table:
// the reference that faster code is held to.
inline uint16_t BitwiseCrc16(std::string_view bytes) {
  unsigned crc = 0;
  for (const char c : bytes) {
    for (int bit = 7; bit >= 0; --bit) {
      const unsigned in = static_cast<unsigned char>(c) >> bit & 1u;
      const unsigned out = crc >> 15 & 1u;
      crc = crc << 1 & 0xffffu;
      if (in != out) crc ^= 0x1021u;
    }
  }
  return static_cast<uint16_t>(crc);
}

}  // namespace slotplanner
