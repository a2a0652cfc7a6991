// SPDX-License-Identifier: Apache-2.0
// Carry-less multiplication of 128-bit registers: PCLMULQDQ of x86-64, PMULL of
// arm64. The steps are those of crc16_polynomial.h.
#if defined(__x86_64__)
#include "service/slots/crc16_clmul_x86.h"
#elif defined(__aarch64__)
#include "service/slots/crc16_clmul_arm64.h"
#endif

#if defined(SLOTPLANNER_CLMUL_TARGET)
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "service/slots/crc16_implementations.h"
#include "service/slots/crc16_polynomial.h"
#include "service/slots/hash_tag.h"

#define SLOTPLANNER_TARGET SLOTPLANNER_CLMUL_TARGET

namespace slotplanner::clmul {
namespace {

// A block is a register's worth of a message, as one number: its first byte the
// most significant.
constexpr size_t kBlockBytes = 16;
constexpr size_t kMaxShortBlocks = 3;
constexpr size_t kMaxShortBytes = kMaxShortBlocks * kBlockBytes;

// &kReverse[n] is the control of a shuffle that reverses all bytes but the last
// n, behind n zeros at the most significant end.
constexpr auto kReverse = [] {
  std::array<uint8_t, kMaxShortBytes> control = {};
  for (size_t i = 0; i < control.size(); ++i) {
    control[i] =
        static_cast<uint8_t>(i < kBlockBytes ? kBlockBytes - 1 - i : 0x80);
  }
  return control;
}();

// The block of the 16 bytes at `p` but the last `excluded`.
// Requires: excluded <= 32.
SLOTPLANNER_TARGET inline Vector LoadBlock(const char* p, size_t excluded) {
  return Shuffle(Load(p), Load(&kReverse[excluded]));
}

template <typename Word>
uint64_t LoadWord(const char* p) {
  Word word;
  std::memcpy(&word, p, sizeof(word));
  return sizeof(word) == 8 ? __builtin_bswap64(word)
                           : __builtin_bswap32(static_cast<uint32_t>(word));
}

// The block of fewer than 16 bytes. Reads the first and the last, which
// overlap.
SLOTPLANNER_TARGET inline Vector LoadShortBlock(std::string_view bytes) {
  const char* p = bytes.data();
  const size_t size = bytes.size();
  const char* const end = p + size;
  if (size > 8) {
    return Make(LoadWord<uint64_t>(p) >> (8 * (16 - size)),
                LoadWord<uint64_t>(end - 8));
  }
  if (size >= 4) {
    return Make(0, LoadWord<uint32_t>(p) << (8 * (size - 4)) |
                       LoadWord<uint32_t>(end - 4));
  }
  uint64_t low = 0;
  for (; p != end; ++p) low = low << 8 | static_cast<unsigned char>(*p);
  return Make(0, low);
}

// Both words of `block` times their own factors, added.
SLOTPLANNER_TARGET inline Vector Multiply(Vector block, Vector factors) {
  return Xor(MultiplyLow(block, factors), MultiplyHigh(block, factors));
}

// Step 1 for the block that kBlocks others follow.
template <int kBlocks>
SLOTPLANNER_TARGET inline Vector Term(Vector block) {
  return Multiply(block, Make(kCrc16WordFactor<2 * kBlocks + 1>,
                              kCrc16WordFactor<2 * kBlocks>));
}

// Step 2.
SLOTPLANNER_TARGET inline uint16_t Reduce(Vector sum) {
  const Vector quotient = Xor(sum, MultiplyHigh(sum, Make(kCrc16Quotient, 0)));
  const Vector remainder =
      Xor(sum, MultiplyHigh(quotient, Make(kCrc16Polynomial << 48, 0)));
  return static_cast<uint16_t>(Low(remainder) >> 48);
}

// What `block` comes to kBlocks blocks nearer to the end.
template <int kBlocks>
SLOTPLANNER_TARGET inline Vector Fold(Vector block) {
  constexpr int kBits = 128 * kBlocks;
  return Multiply(block, Make(kPowerOfXModP<kBits + 64>, kPowerOfXModP<kBits>));
}

// In four independent chains. Requires: more than 48 bytes.
SLOTPLANNER_TARGET uint16_t LongCrc16(std::string_view bytes) {
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
  const size_t first = (bytes.size() - 1) % kBlockBytes + 1;
  Vector s0 = LoadBlock(p, kBlockBytes - first);
  p += first;
  Vector s1 = LoadBlock(p, 0);
  Vector s2 = LoadBlock(p + kBlockBytes, 0);
  Vector s3 = LoadBlock(p + 2 * kBlockBytes, 0);
  p += 3 * kBlockBytes;
  for (; end - p >= static_cast<std::ptrdiff_t>(4 * kBlockBytes);
       p += 4 * kBlockBytes) {
    s0 = Xor(Fold<4>(s0), LoadBlock(p, 0));
    s1 = Xor(Fold<4>(s1), LoadBlock(p + kBlockBytes, 0));
    s2 = Xor(Fold<4>(s2), LoadBlock(p + 2 * kBlockBytes, 0));
    s3 = Xor(Fold<4>(s3), LoadBlock(p + 3 * kBlockBytes, 0));
  }
  Vector sum = Xor(Xor(Fold<3>(s0), Fold<2>(s1)), Xor(Fold<1>(s2), s3));
  for (; p != end; p += kBlockBytes) sum = Xor(Fold<1>(sum), LoadBlock(p, 0));
  return Reduce(Term<0>(sum));
}

uint16_t TaggedCrc16(std::string_view key);

// `KeyCrc16` or `Crc16`: a key of up to 48 bytes is searched for a hash tag in
// the registers that hold it anyway.
template <bool kIsKey>
SLOTPLANNER_TARGET uint16_t Compute(std::string_view bytes) {
  const size_t size = bytes.size();
  if (size < kBlockBytes) {
    const Vector block = LoadShortBlock(bytes);
    if (kIsKey && IsAny(Equal(block, '{'))) return TaggedCrc16(bytes);
    return Reduce(Term<0>(block));
  }
  if (size <= kMaxShortBytes) {
    // Always three blocks, of which the first may be zeros: sizes come in any
    // order, and a wrong guess of a branch costs as much as all of this.
    const char* const p = bytes.data();
    const size_t from1 = size < 32 ? 0 : size - 32;
    const size_t from2 = size < 48 ? 0 : size - 48;
    const Vector block0 = LoadBlock(p + size - 16, 0);
    const Vector block1 = LoadBlock(p + from1, from1 + 32 - size);
    const Vector block2 = LoadBlock(p + from2, from2 + 48 - size);
    if (kIsKey && IsAny(Or(Equal(block0, '{'),
                           Or(Equal(block1, '{'), Equal(block2, '{'))))) {
      return TaggedCrc16(bytes);
    }
    return Reduce(Xor(Term<0>(block0), Xor(Term<1>(block1), Term<2>(block2))));
  }
  return kIsKey ? TaggedCrc16(bytes) : LongCrc16(bytes);
}

[[gnu::noinline]] uint16_t TaggedCrc16(std::string_view key) {
  return Compute<false>(HashedPart(key));
}

}  // namespace
}  // namespace slotplanner::clmul

namespace slotplanner {

const Crc16Implementation kClmulCrc16 = {.name = clmul::kName,
                                         .is_supported = clmul::IsSupported,
                                         .crc16 = clmul::Compute<false>,
                                         .key_crc16 = clmul::Compute<true>};

}  // namespace slotplanner
#endif
