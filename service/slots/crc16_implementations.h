// SPDX-License-Identifier: Apache-2.0
// The ways to compute what crc16.h promises, for the choice among them and for
// tests and benchmarks of each.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace slotplanner {

// One way. Its functions may be called where `is_supported` says so.
struct Crc16Implementation {
  const char* name;
  bool (*is_supported)();  // By this CPU and its operating system.
  uint16_t (*crc16)(std::string_view bytes);    // `Crc16`.
  uint16_t (*key_crc16)(std::string_view key);  // `KeyCrc16`.
};

// Slicing tables; runs everywhere.
extern const Crc16Implementation kPortableCrc16;

#if defined(__x86_64__) || defined(__aarch64__)
// Carry-less multiplication of 128-bit registers: Intel since 2010, AMD since
// 2011, servers of arm64.
extern const Crc16Implementation kClmulCrc16;
#endif

#if defined(__x86_64__)
// The same of 512-bit registers, with AVX-512's loads under a mask: Intel's
// servers since 2019, AMD since Zen 4.
extern const Crc16Implementation kVpclmulqdqCrc16;
#endif

// Those that this CPU supports, the fastest first; the last is the portable
// one.
std::vector<const Crc16Implementation*> SupportedCrc16Implementations();

}  // namespace slotplanner
