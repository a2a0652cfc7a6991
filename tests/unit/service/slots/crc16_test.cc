// SPDX-License-Identifier: Apache-2.0
#include "service/slots/crc16.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/bitwise_crc16.h"
#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

TEST(Crc16Test, GivesTheCheckValueOfTheCatalogue) {  // Rule A1.
  EXPECT_EQ(Crc16("123456789"), 0x31C3);
}

// From the tests of Jedis (JedisClusterCRC16Test) and Envoy (crc16_test.cc).
TEST(Crc16Test, GivesTheValuesThatOtherImplementationsPublish) {
  EXPECT_EQ(Crc16(""), 0);
  EXPECT_EQ(Crc16("sfger132515"), 0xA45C);
  EXPECT_EQ(Crc16("hae9Napahngaikeethievubaibogiech"), 0x58CE);
  EXPECT_EQ(Crc16("AAAAAAAAAAAAAAAAAAAAAA"), 0x92CD);
  EXPECT_EQ(Crc16("Hello, World!"), 0x4FD6);
  EXPECT_EQ(Crc16("foo"), 44950);
  EXPECT_EQ(Crc16("lyft"), 53222);
}

TEST(Crc16Test, AgreesWithTheDefinitionAtEveryLengthAndAlignment) {
  std::mt19937_64 random(RandomSeed());
  std::string bytes(4096 + 8, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  for (size_t length = 0; length <= 4096; ++length) {
    const auto key = std::string_view(bytes).substr(length % 8, length);
    ASSERT_EQ(Crc16(key), BitwiseCrc16(key)) << "length " << length;
  }
}

}  // namespace
}  // namespace slotplanner
