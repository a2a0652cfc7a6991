// SPDX-License-Identifier: Apache-2.0
#include "service/advice/key_template.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

TEST(KeyTemplateTest, LeavesOutNumbers) {
  EXPECT_EQ(KeyTemplate("user:42:cart"), "user:<n>:cart");
  EXPECT_EQ(KeyTemplate("42"), "<n>");
  EXPECT_EQ(KeyTemplate("a1b22c"), "a<n>b<n>c");
  EXPECT_EQ(KeyTemplate("1.5e-7"), "<n>.<n>e-<n>");
  EXPECT_EQ(KeyTemplate("{user:42}:cart"), "{user:<n>}:cart");
}

TEST(KeyTemplateTest, LeavesOutUuids) {
  EXPECT_EQ(KeyTemplate("s:f81d4fae-7dec-11d0-a765-00a0c91e6bf6:x"), "s:<n>:x");
  EXPECT_EQ(KeyTemplate("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"), "<n>");
  EXPECT_EQ(KeyTemplate("abcdefab-cdef-abcd-efab-cdefabcdefab"), "<n>");
  // One digit too many, or too few, and the parts count for themselves.
  EXPECT_EQ(KeyTemplate("f81d4fae-7dec-11d0-a765-00a0c91e6bf6a"),
            "<n>-<n>dec-<n>d<n>-a<n>-<n>");
  EXPECT_EQ(KeyTemplate("f81d4fae-7dec-11d0-a765-00a0c91e6bf"),
            "<n>-<n>dec-<n>d<n>-a<n>-<n>");
}

TEST(KeyTemplateTest, LeavesOutDigests) {
  EXPECT_EQ(KeyTemplate("blob:da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            "blob:<n>");
  EXPECT_EQ(KeyTemplate("x:deadbee1"), "x:<n>");
  EXPECT_EQ(KeyTemplate("x:deadbe1"), "x:deadbe<n>");
  EXPECT_EQ(KeyTemplate("x:DEADBEE1g"), "x:<n>g");
}

TEST(KeyTemplateTest, KeepsWords) {
  for (const std::string key :
       {"", "user:cart", "facade", "deadbeef", "{\"a\":true}", "\xff\n<n>"}) {
    EXPECT_EQ(KeyTemplate(key), key);
  }
}

TEST(KeyTemplateTest, TakesBytesAsTheyAre) {
  EXPECT_EQ(KeyTemplate(std::string("\0"
                                    "1\xff",
                                    3)),
            std::string("\0<n>\xff", 5));
}

TEST(KeyTemplateTest, HasNoDigitsAndIsItsOwnTemplate) {
  std::mt19937_64 random(RandomSeed());
  for (int i = 0; i < 20'000; ++i) {
    std::string key(random() % 60, ' ');
    for (char& c : key) c = "0123456789abcdefABCDEF-:{}<n>xyz"[random() % 32];
    const std::string key_template = KeyTemplate(key);
    EXPECT_EQ(key_template.find_first_of("0123456789"), std::string::npos)
        << key;
    EXPECT_LE(key_template.size(), 3 * key.size());
    EXPECT_EQ(KeyTemplate(key_template), key_template) << key;
  }
}

}  // namespace
}  // namespace slotplanner
