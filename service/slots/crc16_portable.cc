// SPDX-License-Identifier: Apache-2.0
// Slicing tables, for CPUs without carry-less multiplication.
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "service/slots/crc16_implementations.h"
#include "service/slots/crc16_polynomial.h"
#include "service/slots/hash_tag.h"

namespace slotplanner {
namespace {

// tables[k][b] is the CRC of the byte b followed by k zero bytes. With eight
// tables, eight bytes cost eight independent look-ups instead of a chain of
// eight ("slicing by 8"). 4 KiB, so they stay in the first-level cache.
using Tables = std::array<std::array<uint16_t, 256>, 8>;

constexpr Tables MakeTables() {
  Tables tables = {};
  for (size_t byte = 0; byte < 256; ++byte) {
    uint64_t crc = byte << 8;
    for (auto& table : tables) {
      for (int bit = 0; bit < 8; ++bit) crc = TimesXModP(crc);
      table[byte] = static_cast<uint16_t>(crc);
    }
  }
  return tables;
}

constexpr Tables kTables = MakeTables();

uint16_t CrcOfWord(uint64_t word) {
  uint16_t crc = 0;
  for (size_t k = 0; k < kTables.size(); ++k) {
    crc ^= kTables[k][word >> (8 * k) & 0xff];
  }
  return crc;
}

// Eight bytes as a number, the first the most significant.
uint64_t LoadWord(const char* p) {
  uint64_t word;
  std::memcpy(&word, p, sizeof(word));
  return std::endian::native == std::endian::little ? __builtin_bswap64(word)
                                                    : word;
}

uint16_t PortableCrc16(std::string_view bytes) {
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
  if (bytes.size() < 8) {
    uint64_t word = 0;
    for (; p != end; ++p) word = word << 8 | static_cast<unsigned char>(*p);
    return CrcOfWord(word);
  }
  // The first word takes what does not fill one, behind zeros, which change
  // nothing: a loop over single bytes at the end costs more for keys of mixed
  // sizes.
  const size_t first = (bytes.size() - 1) % 8 + 1;
  uint32_t crc = CrcOfWord(LoadWord(p) >> (8 * (8 - first)));
  for (p += first; p != end; p += 8) {
    const auto* b = reinterpret_cast<const unsigned char*>(p);
    crc = static_cast<uint32_t>(
        kTables[7][b[0] ^ (crc >> 8)] ^ kTables[6][b[1] ^ (crc & 0xff)] ^
        kTables[5][b[2]] ^ kTables[4][b[3]] ^ kTables[3][b[4]] ^
        kTables[2][b[5]] ^ kTables[1][b[6]] ^ kTables[0][b[7]]);
  }
  return static_cast<uint16_t>(crc);
}

uint16_t PortableKeyCrc16(std::string_view key) {
  return PortableCrc16(HashedPart(key));
}

bool RunsEverywhere() { return true; }

}  // namespace

const Crc16Implementation kPortableCrc16 = {.name = "portable",
                                            .is_supported = RunsEverywhere,
                                            .crc16 = PortableCrc16,
                                            .key_crc16 = PortableKeyCrc16};

}  // namespace slotplanner
