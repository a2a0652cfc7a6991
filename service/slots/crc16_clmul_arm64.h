// SPDX-License-Identifier: Apache-2.0
// What crc16_clmul.cc needs of arm64: NEON and PMULL. The same functions as for
// x86-64.
#pragma once

#include <cstdint>

#include <arm_neon.h>
#include <sys/auxv.h>

#define SLOTPLANNER_CLMUL_TARGET __attribute__((target("+crypto")))

namespace slotplanner::clmul {

inline constexpr char kName[] = "pmull";

inline bool IsSupported() { return (getauxval(AT_HWCAP) & HWCAP_PMULL) != 0; }

using Vector = uint8x16_t;

SLOTPLANNER_CLMUL_TARGET inline Vector Load(const void* p) {
  return vld1q_u8(static_cast<const uint8_t*>(p));
}

SLOTPLANNER_CLMUL_TARGET inline Vector Make(uint64_t high, uint64_t low) {
  return vreinterpretq_u8_u64(
      vcombine_u64(vcreate_u64(low), vcreate_u64(high)));
}

SLOTPLANNER_CLMUL_TARGET inline uint64_t Low(Vector a) {
  return vgetq_lane_u64(vreinterpretq_u64_u8(a), 0);
}

SLOTPLANNER_CLMUL_TARGET inline Vector Xor(Vector a, Vector b) {
  return veorq_u8(a, b);
}

SLOTPLANNER_CLMUL_TARGET inline Vector Shuffle(Vector bytes, Vector control) {
  return vqtbl1q_u8(bytes, control);
}

SLOTPLANNER_CLMUL_TARGET inline Vector MultiplyLow(Vector a, Vector b) {
  return vreinterpretq_u8_p128(
      vmull_p64(vgetq_lane_p64(vreinterpretq_p64_u8(a), 0),
                vgetq_lane_p64(vreinterpretq_p64_u8(b), 0)));
}
SLOTPLANNER_CLMUL_TARGET inline Vector MultiplyHigh(Vector a, Vector b) {
  return vreinterpretq_u8_p128(
      vmull_high_p64(vreinterpretq_p64_u8(a), vreinterpretq_p64_u8(b)));
}

SLOTPLANNER_CLMUL_TARGET inline Vector Equal(Vector bytes, char value) {
  return vceqq_u8(bytes, vdupq_n_u8(static_cast<uint8_t>(value)));
}
SLOTPLANNER_CLMUL_TARGET inline Vector Or(Vector a, Vector b) {
  return vorrq_u8(a, b);
}
SLOTPLANNER_CLMUL_TARGET inline bool IsAny(Vector equal) {
  return vmaxvq_u8(equal) != 0;
}

}  // namespace slotplanner::clmul
