// SPDX-License-Identifier: Apache-2.0
#include "service/slots/crc16.h"

#include <array>
#include <cstddef>

namespace slotplanner {
namespace {

constexpr uint16_t kPolynomial = 0x1021;

// tables[k][b] is the CRC of the byte b followed by k zero bytes. With eight
// tables, eight bytes cost eight independent look-ups instead of a chain of
// eight ("slicing by 8"). 4 KiB, so they stay in the first-level cache.
using Tables = std::array<std::array<uint16_t, 256>, 8>;

constexpr Tables MakeTables() {
  Tables tables = {};
  for (size_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = static_cast<uint32_t>(byte) << 8;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc << 1) ^ ((crc & 0x8000) != 0 ? kPolynomial : 0u);
    }
    tables[0][byte] = static_cast<uint16_t>(crc);
  }
  for (size_t k = 1; k < tables.size(); ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t crc = tables[k - 1][byte];
      tables[k][byte] =
          static_cast<uint16_t>((crc << 8) ^ tables[0][(crc >> 8) & 0xff]);
    }
  }
  return tables;
}

constexpr Tables kTables = MakeTables();

}  // namespace

uint16_t Crc16(std::string_view bytes) {
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  size_t left = bytes.size();
  uint32_t crc = 0;
  for (; left >= 8; p += 8, left -= 8) {
    crc = static_cast<uint32_t>(
        kTables[7][p[0] ^ (crc >> 8)] ^ kTables[6][p[1] ^ (crc & 0xff)] ^
        kTables[5][p[2]] ^ kTables[4][p[3]] ^ kTables[3][p[4]] ^
        kTables[2][p[5]] ^ kTables[1][p[6]] ^ kTables[0][p[7]]);
  }
  for (; left > 0; ++p, --left) {
    crc = ((crc << 8) & 0xffff) ^ kTables[0][(crc >> 8) ^ *p];
  }
  return static_cast<uint16_t>(crc);
}

}  // namespace slotplanner
