// SPDX-License-Identifier: Apache-2.0
// Carry-less multiplication of 512-bit registers, for x86-64 with AVX-512.
#if defined(__x86_64__)
#include <cstddef>
#include <cstdint>
#include <string_view>

// The intrinsics of GCC 12 that leave registers undefined on purpose warn (GCC
// bug 105593).
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include "service/slots/crc16_implementations.h"
#include "service/slots/crc16_polynomial.h"
#include "service/slots/hash_tag.h"

#define SLOTPLANNER_TARGET \
  __attribute__((target("avx512f,avx512bw,avx512vl,bmi2,pclmul,vpclmulqdq")))

namespace slotplanner {
namespace {

constexpr size_t kBlockBytes = 64;

// The `size` bytes before `end`, as they lie in memory, behind zeros. Reads no
// others: the CPU does not touch what the mask excludes.
// Requires: size is in [1, 64].
SLOTPLANNER_TARGET inline __m512i LoadBefore(const char* end, size_t size) {
  const uint64_t last_bytes = ~uint64_t{0} << (kBlockBytes - size);
  return _mm512_maskz_loadu_epi8(last_bytes, end - kBlockBytes);
}

// Each 16 bytes as one number, their first byte the most significant.
SLOTPLANNER_TARGET inline __m512i ToNumbers(__m512i bytes) {
  const __m512i reverse = _mm512_broadcast_i32x4(
      _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  return _mm512_shuffle_epi8(bytes, reverse);
}

// Each word of 64 bits times its own factor; the products of two words each are
// added.
SLOTPLANNER_TARGET inline __m512i Multiply(__m512i words, __m512i factors) {
  return _mm512_xor_si512(_mm512_clmulepi64_epi128(words, factors, 0x00),
                          _mm512_clmulepi64_epi128(words, factors, 0x11));
}

// The CRC of a message whose last 64 bytes, or what they were folded to, are
// `numbers`.
SLOTPLANNER_TARGET inline uint16_t Reduce(__m512i numbers) {
  // Step 1 of crc16_polynomial.h.
  const __m512i factors =
      _mm512_set_epi64(static_cast<int64_t>(kCrc16WordFactor<1>),
                       static_cast<int64_t>(kCrc16WordFactor<0>),
                       static_cast<int64_t>(kCrc16WordFactor<3>),
                       static_cast<int64_t>(kCrc16WordFactor<2>),
                       static_cast<int64_t>(kCrc16WordFactor<5>),
                       static_cast<int64_t>(kCrc16WordFactor<4>),
                       static_cast<int64_t>(kCrc16WordFactor<7>),
                       static_cast<int64_t>(kCrc16WordFactor<6>));
  const __m512i products = Multiply(numbers, factors);
  const __m256i two = _mm256_xor_si256(_mm512_castsi512_si256(products),
                                       _mm512_extracti64x4_epi64(products, 1));
  const __m128i sum = _mm_xor_si128(_mm256_castsi256_si128(two),
                                    _mm256_extracti128_si256(two, 1));
  // Step 2.
  const __m128i constants =
      _mm_set_epi64x(static_cast<int64_t>(kCrc16Polynomial << 48),
                     static_cast<int64_t>(kCrc16Quotient));
  const __m128i quotient =
      _mm_xor_si128(sum, _mm_clmulepi64_si128(sum, constants, 0x01));
  const __m128i remainder =
      _mm_xor_si128(sum, _mm_clmulepi64_si128(quotient, constants, 0x11));
  return static_cast<uint16_t>(
      static_cast<uint64_t>(_mm_cvtsi128_si64(remainder)) >> 48);
}

// The factors that move a register towards the end of a message by so many
// registers.
template <int kRegisters>
SLOTPLANNER_TARGET inline __m512i Fold(__m512i numbers) {
  constexpr int kBits = 512 * kRegisters;
  const __m512i factors = _mm512_broadcast_i32x4(
      _mm_set_epi64x(static_cast<int64_t>(kPowerOfXModP<kBits + 64>),
                     static_cast<int64_t>(kPowerOfXModP<kBits>)));
  return Multiply(numbers, factors);
}

SLOTPLANNER_TARGET inline __m512i LoadNumbers(const char* p) {
  return ToNumbers(_mm512_loadu_si512(p));
}

// Requires: more than 64 bytes.
SLOTPLANNER_TARGET uint16_t LongCrc16(std::string_view bytes) {
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
  const size_t first = (bytes.size() - 1) % kBlockBytes + 1;
  p += first;
  __m512i sum = ToNumbers(LoadBefore(p, first));
  if (end - p >= static_cast<std::ptrdiff_t>(7 * kBlockBytes)) {
    __m512i s1 = LoadNumbers(p);
    __m512i s2 = LoadNumbers(p + kBlockBytes);
    __m512i s3 = LoadNumbers(p + 2 * kBlockBytes);
    p += 3 * kBlockBytes;
    for (; end - p >= static_cast<std::ptrdiff_t>(4 * kBlockBytes);
         p += 4 * kBlockBytes) {
      sum = _mm512_xor_si512(Fold<4>(sum), LoadNumbers(p));
      s1 = _mm512_xor_si512(Fold<4>(s1), LoadNumbers(p + kBlockBytes));
      s2 = _mm512_xor_si512(Fold<4>(s2), LoadNumbers(p + 2 * kBlockBytes));
      s3 = _mm512_xor_si512(Fold<4>(s3), LoadNumbers(p + 3 * kBlockBytes));
    }
    sum = _mm512_xor_si512(_mm512_xor_si512(Fold<3>(sum), Fold<2>(s1)),
                           _mm512_xor_si512(Fold<1>(s2), s3));
  }
  for (; p != end; p += kBlockBytes) {
    sum = _mm512_xor_si512(Fold<1>(sum), LoadNumbers(p));
  }
  return Reduce(sum);
}

uint16_t TaggedCrc16(std::string_view key);

// `KeyCrc16` or `Crc16`: a key of up to 64 bytes is searched for a hash tag in
// the register that holds it anyway.
template <bool kIsKey>
SLOTPLANNER_TARGET uint16_t Compute(std::string_view bytes) {
  const size_t size = bytes.size();
  if (size - 1 >= kBlockBytes) {
    if (size == 0) return 0;
    return kIsKey ? TaggedCrc16(bytes) : LongCrc16(bytes);
  }
  const __m512i block = LoadBefore(bytes.data() + size, size);
  if (kIsKey && _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('{')) != 0)
      [[unlikely]] {
    return TaggedCrc16(bytes);
  }
  return Reduce(ToNumbers(block));
}

[[gnu::noinline]] uint16_t TaggedCrc16(std::string_view key) {
  return Compute<false>(HashedPart(key));
}

bool IsSupported() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2") &&
         __builtin_cpu_supports("pclmul") &&
         __builtin_cpu_supports("vpclmulqdq");
}

}  // namespace

const Crc16Implementation kVpclmulqdqCrc16 = {.name = "vpclmulqdq",
                                              .is_supported = IsSupported,
                                              .crc16 = Compute<false>,
                                              .key_crc16 = Compute<true>};

}  // namespace slotplanner
#endif
