// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace slotplanner {

// CRC-16/XMODEM of `bytes`: polynomial 0x1021, initial value 0, no reflection,
// no final xor (rule A1). Check value: "123456789" -> 0x31C3.
uint16_t Crc16(std::string_view bytes);

}  // namespace slotplanner
