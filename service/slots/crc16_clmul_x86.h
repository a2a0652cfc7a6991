// SPDX-License-Identifier: Apache-2.0
// What crc16_clmul.cc needs of x86-64: SSSE3 and PCLMULQDQ.
#pragma once

#include <cstdint>

#include <immintrin.h>

#define SLOTPLANNER_CLMUL_TARGET __attribute__((target("pclmul,ssse3")))

namespace slotplanner::clmul {

inline constexpr char kName[] = "pclmulqdq";

inline bool IsSupported() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("ssse3");
}

using Vector = __m128i;

SLOTPLANNER_CLMUL_TARGET inline Vector Load(const void* p) {
  return _mm_loadu_si128(static_cast<const __m128i*>(p));
}

SLOTPLANNER_CLMUL_TARGET inline Vector Make(uint64_t high, uint64_t low) {
  return _mm_set_epi64x(static_cast<int64_t>(high), static_cast<int64_t>(low));
}

SLOTPLANNER_CLMUL_TARGET inline uint64_t Low(Vector a) {
  return static_cast<uint64_t>(_mm_cvtsi128_si64(a));
}

SLOTPLANNER_CLMUL_TARGET inline Vector Xor(Vector a, Vector b) {
  return _mm_xor_si128(a, b);
}

// Byte i is byte control[i] of `bytes`, or 0 if that has its top bit set.
SLOTPLANNER_CLMUL_TARGET inline Vector Shuffle(Vector bytes, Vector control) {
  return _mm_shuffle_epi8(bytes, control);
}

// The product without carries of both low, or both high, words.
SLOTPLANNER_CLMUL_TARGET inline Vector MultiplyLow(Vector a, Vector b) {
  return _mm_clmulepi64_si128(a, b, 0x00);
}
SLOTPLANNER_CLMUL_TARGET inline Vector MultiplyHigh(Vector a, Vector b) {
  return _mm_clmulepi64_si128(a, b, 0x11);
}

// 0xff where a byte is `value`, else 0.
SLOTPLANNER_CLMUL_TARGET inline Vector Equal(Vector bytes, char value) {
  return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(value));
}
SLOTPLANNER_CLMUL_TARGET inline Vector Or(Vector a, Vector b) {
  return _mm_or_si128(a, b);
}
// Of a result of `Equal`.
SLOTPLANNER_CLMUL_TARGET inline bool IsAny(Vector equal) {
  return _mm_movemask_epi8(equal) != 0;
}

}  // namespace slotplanner::clmul
