// SPDX-License-Identifier: Apache-2.0
// The mathematics behind the implementations that multiply without carries.
//
// Bits are coefficients of polynomials over GF(2), the first bit of a message
// that of the highest power. P(x) = x^16 + x^12 + x^5 + 1, and the CRC of a
// message M is M x^16 mod P. Zeros in front of M change nothing.
//
// 1. Cut M into 64-bit words, W0 the last: M = sum of Wj x^(64 j). Then
//        M x^16 = sum of Wj (x^(64 j + 16) mod P)   (mod P),
//    and as the factors are constants of 16 bits, the sum has 80 bits. The
//    products do not depend on each other.
// 2. Write the sum as U x^16 + V, U of 64 bits and V of 16. What is left is
//    U x^16 mod P. By Barrett, its quotient is
//        q = floor(U x^16 / P) = floor(U floor(x^80 / P) / x^64)
//    and, because U x^16 ends in 16 zeros, the remainder is the last 16 bits
//    of q P. So CRC = last 16 bits of (q P) + V.
//
// After V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using
// PCLMULQDQ Instruction", Intel, 2009, which folds in chains instead.
#pragma once

#include <cstdint>

namespace slotplanner {

// P without its highest term.
inline constexpr uint64_t kCrc16Polynomial = 0x1021;

// `value` x mod P, for a value of 16 bits.
constexpr uint64_t TimesXModP(uint64_t value) {
  const uint64_t shifted = value << 1 & 0xffff;
  return (value & 0x8000) != 0 ? shifted ^ kCrc16Polynomial : shifted;
}

// x^kExponent mod P.
template <int kExponent>
inline constexpr uint64_t kPowerOfXModP = [] {
  uint64_t value = 1;
  for (int i = 0; i < kExponent; ++i) value = TimesXModP(value);
  return value;
}();

// The factor of word Wj in step 1, shifted so that the sum has U in its upper
// 64 bits and V at the top of its lower 64.
template <int j>
inline constexpr uint64_t kCrc16WordFactor = kPowerOfXModP<64 * j + 16> << 48;

// floor(x^80 / P) without its highest term, x^64: one bit of long division
// after the other.
inline constexpr uint64_t kCrc16Quotient = [] {
  uint64_t quotient = 0;
  uint64_t remainder = kCrc16Polynomial;  // Of x^16, whose quotient is 1.
  for (int bit = 0; bit < 64; ++bit) {
    quotient = quotient << 1 | remainder >> 15;
    remainder = TimesXModP(remainder);
  }
  return quotient;
}();

}  // namespace slotplanner
