// SPDX-License-Identifier: Apache-2.0
#include "service/slots/crc16.h"

#include <iostream>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "service/slots/crc16_implementations.h"
#include "tests/support/bitwise_crc16.h"
#include "tests/support/random_seed.h"
#include "tests/unit/service/slots/rules.h"

namespace slotplanner {
namespace {

// Called before main, and perhaps before anything of crc16.cc is initialised.
const uint16_t kEarlyCrc = Crc16("123456789");
const uint16_t kEarlyKeyCrc = KeyCrc16("{123456789}");

TEST(Crc16Test, IsRightDuringStaticInitialisation) {
  EXPECT_EQ(kEarlyCrc, 0x31C3);
  EXPECT_EQ(kEarlyKeyCrc, 0x31C3);
}

TEST(Crc16Test, IsComputedByTheFirstOfTheSupportedImplementations) {
  const auto supported = SupportedCrc16Implementations();
  ASSERT_FALSE(supported.empty());
  EXPECT_STREQ(Crc16ImplementationName(), supported.front()->name);
  EXPECT_EQ(supported.back(), &kPortableCrc16);
  std::cout << "The fastest here: " << Crc16ImplementationName() << std::endl;
}

std::string RandomBytes(std::mt19937_64& random, size_t size) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

// The CRCs of the first 0, 1, ... bytes, each from the one before by the
// definition for a single byte.
std::vector<uint16_t> CrcsOfPrefixes(std::string_view bytes) {
  std::vector<uint16_t> crcs = {0};
  for (const char byte : bytes) {
    const unsigned crc = crcs.back();
    const auto top = static_cast<char>(crc >> 8 ^ static_cast<uint8_t>(byte));
    crcs.push_back(static_cast<uint16_t>(
        crc << 8 ^ BitwiseCrc16(std::string_view(&top, 1))));
  }
  EXPECT_EQ(crcs.back(), BitwiseCrc16(bytes));
  return crcs;
}

// A page between two that must not be touched.
class GuardedPage {
 public:
  GuardedPage()
      : size_(static_cast<size_t>(sysconf(_SC_PAGESIZE))),
        pages_(mmap(nullptr, 3 * size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
                    -1, 0)) {
    EXPECT_NE(pages_, MAP_FAILED);
    EXPECT_EQ(mprotect(begin(), size_, PROT_READ | PROT_WRITE), 0);
  }
  ~GuardedPage() { munmap(pages_, 3 * size_); }
  GuardedPage(const GuardedPage&) = delete;
  GuardedPage& operator=(const GuardedPage&) = delete;

  char* begin() { return static_cast<char*>(pages_) + size_; }
  char* end() { return begin() + size_; }

 private:
  const size_t size_;
  void* const pages_;
};

class Crc16ImplementationTest
    : public testing::TestWithParam<const Crc16Implementation*> {
 protected:
  static uint16_t Crc(std::string_view bytes) {
    return GetParam()->crc16(bytes);
  }
  static uint16_t KeyCrc(std::string_view key) {
    return GetParam()->key_crc16(key);
  }
};

INSTANTIATE_TEST_SUITE_P(Supported, Crc16ImplementationTest,
                         testing::ValuesIn(SupportedCrc16Implementations()),
                         [](const auto& parameter) {
                           return std::string(parameter.param->name);
                         });

TEST_P(Crc16ImplementationTest, GivesTheCheckValueOfTheCatalogue) {  // Rule A1.
  EXPECT_EQ(Crc("123456789"), 0x31C3);
}

// From the tests of Jedis (JedisClusterCRC16Test) and Envoy (crc16_test.cc).
TEST_P(Crc16ImplementationTest, GivesTheValuesThatOthersPublish) {
  EXPECT_EQ(Crc(""), 0);
  EXPECT_EQ(Crc({}), 0);
  EXPECT_EQ(Crc("sfger132515"), 0xA45C);
  EXPECT_EQ(Crc("hae9Napahngaikeethievubaibogiech"), 0x58CE);
  EXPECT_EQ(Crc("AAAAAAAAAAAAAAAAAAAAAA"), 0x92CD);
  EXPECT_EQ(Crc("Hello, World!"), 0x4FD6);
  EXPECT_EQ(Crc("foo"), 44950);
  EXPECT_EQ(Crc("lyft"), 53222);
}

TEST_P(Crc16ImplementationTest, IsRightAtEveryLength) {
  std::mt19937_64 random(RandomSeed());
  const std::string bytes = RandomBytes(random, 4096 + 64);
  for (const size_t offset : {0u, 1u, 7u, 8u, 15u, 16u, 31u, 33u, 63u}) {
    const auto longest = std::string_view(bytes).substr(offset, 4096);
    const auto expected = CrcsOfPrefixes(longest);
    for (size_t length = 0; length <= longest.size(); ++length) {
      ASSERT_EQ(Crc(longest.substr(0, length)), expected[length])
          << length << " bytes at " << offset;
    }
  }
}

TEST_P(Crc16ImplementationTest, IsRightAtEveryAlignment) {
  std::mt19937_64 random(RandomSeed());
  for (const std::string& content :
       {RandomBytes(random, 300), std::string(300, '\0'),
        std::string(300, '\xff')}) {
    const auto expected = CrcsOfPrefixes(content);
    for (size_t offset = 0; offset < 64; ++offset) {
      // The bytes around would change the CRC if they were taken for part of
      // the message.
      alignas(64) char buffer[64 + 300 + 64];
      for (char& c : buffer) c = static_cast<char>(random());
      content.copy(buffer + offset, content.size());
      for (size_t length = 0; length <= content.size(); ++length) {
        ASSERT_EQ(Crc({buffer + offset, length}), expected[length])
            << length << " bytes at " << offset;
      }
    }
  }
}

TEST_P(Crc16ImplementationTest, TouchesNoByteAround) {
  std::mt19937_64 random(RandomSeed());
  GuardedPage page;
  for (char* c = page.begin(); c != page.end(); ++c) {
    *c = static_cast<char>(random());
  }
  for (size_t length = 0; length <= 300; ++length) {
    for (const char* begin : {const_cast<const char*>(page.begin()),
                              const_cast<const char*>(page.end() - length)}) {
      const std::string_view bytes(begin, length);
      ASSERT_EQ(Crc(bytes), BitwiseCrc16(bytes)) << length;
      ASSERT_EQ(KeyCrc(bytes), BitwiseCrc16(HashedByTheRules(bytes))) << length;
    }
  }
}

TEST_P(Crc16ImplementationTest, FindsHashTagsAtEveryPosition) {  // Rule A2.
  for (size_t length = 0; length <= 70; ++length) {
    std::string key(length, '\0');
    for (size_t i = 0; i < length; ++i) key[i] = static_cast<char>('a' + i % 7);
    ASSERT_EQ(KeyCrc(key), BitwiseCrc16(key));
    for (size_t open = 0; open < length; ++open) {
      for (size_t close = 0; close < length; ++close) {
        std::string braced = key;
        braced[close] = '}';
        braced[open] = '{';  // Alone, where both are one.
        ASSERT_EQ(KeyCrc(braced), BitwiseCrc16(HashedByTheRules(braced)))
            << braced;
      }
    }
  }
}

TEST_P(Crc16ImplementationTest, FindsHashTagsAmongManyBraces) {  // Rule A2.
  std::mt19937_64 random(RandomSeed());
  for (int i = 0; i < 20'000; ++i) {
    std::string key = RandomBytes(random, random() % 150);
    const uint64_t spacing = uint64_t{4} << random() % 6;
    for (char& c : key) {
      const uint64_t dice = random() % spacing;
      if (dice < 2) c = dice == 0 ? '{' : '}';
    }
    ASSERT_EQ(KeyCrc(key), BitwiseCrc16(HashedByTheRules(key)))
        << testing::PrintToString(key);
  }
}

}  // namespace
}  // namespace slotplanner
