// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace slotplanner {

// CRC-16/XMODEM of `bytes`: polynomial 0x1021, initial value 0, no reflection,
// no final xor (rule A1). Check value: "123456789" -> 0x31C3.
//
// The functions of this file use the fastest instructions that the CPU has.
// Thread-safe, also while static objects are initialised.
uint16_t Crc16(std::string_view bytes);

// The CRC of what is hashed of `key`: its hash tag if it has one (rule A2),
// else all of it. One pass over short keys, so faster than `FindHashTag` and
// `Crc16`.
uint16_t KeyCrc16(std::string_view key);

// Which instructions those are, for logs: "vpclmulqdq", "portable", ...
const char* Crc16ImplementationName();

}  // namespace slotplanner
