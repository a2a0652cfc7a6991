// SPDX-License-Identifier: Apache-2.0
#include "service/advice/template_of_key.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

TEST(TemplateOfKeyTest, LeavesOutNumbers) {
  EXPECT_EQ(TemplateOfKey("user:42:cart"), "user:<n>:cart");
  EXPECT_EQ(TemplateOfKey("42"), "<n>");
  EXPECT_EQ(TemplateOfKey("a1b22c"), "a<n>b<n>c");
  EXPECT_EQ(TemplateOfKey("1.5e-7"), "<n>.<n>e-<n>");
  EXPECT_EQ(TemplateOfKey("{user:42}:cart"), "{user:<n>}:cart");
}

TEST(TemplateOfKeyTest, LeavesOutUuids) {
  EXPECT_EQ(TemplateOfKey("s:f81d4fae-7dec-11d0-a765-00a0c91e6bf6:x"),
            "s:<n>:x");
  EXPECT_EQ(TemplateOfKey("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"), "<n>");
  EXPECT_EQ(TemplateOfKey("abcdefab-cdef-abcd-efab-cdefabcdefab"), "<n>");
  // One digit too many, or too few, and the parts count for themselves.
  EXPECT_EQ(TemplateOfKey("f81d4fae-7dec-11d0-a765-00a0c91e6bf6a"),
            "<n>-<n>dec-<n>d<n>-a<n>-<n>");
  EXPECT_EQ(TemplateOfKey("f81d4fae-7dec-11d0-a765-00a0c91e6bf"),
            "<n>-<n>dec-<n>d<n>-a<n>-<n>");
}

TEST(TemplateOfKeyTest, LeavesOutDigests) {
  EXPECT_EQ(TemplateOfKey("blob:da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            "blob:<n>");
  EXPECT_EQ(TemplateOfKey("x:deadbee1"), "x:<n>");
  EXPECT_EQ(TemplateOfKey("x:deadbe1"), "x:deadbe<n>");
  EXPECT_EQ(TemplateOfKey("x:DEADBEE1g"), "x:<n>g");
}

TEST(TemplateOfKeyTest, KeepsWords) {
  for (const std::string key :
       {"", "user:cart", "facade", "deadbeef", "{\"a\":true}", "\xff\n<n>"}) {
    EXPECT_EQ(TemplateOfKey(key), key);
  }
}

TEST(TemplateOfKeyTest, TakesBytesAsTheyAre) {
  EXPECT_EQ(TemplateOfKey(std::string("\0"
                                      "1\xff",
                                      3)),
            std::string("\0<n>\xff", 5));
}

TEST(TemplateOfKeyTest, HasNoDigitsAndIsItsOwnTemplate) {
  std::mt19937_64 random(RandomSeed());
  for (int i = 0; i < 20'000; ++i) {
    std::string key(random() % 60, ' ');
    for (char& c : key) c = "0123456789abcdefABCDEF-:{}<n>xyz"[random() % 32];
    const std::string key_template = TemplateOfKey(key);
    EXPECT_EQ(key_template.find_first_of("0123456789"), std::string::npos)
        << key;
    EXPECT_LE(key_template.size(), 3 * key.size());
    EXPECT_EQ(TemplateOfKey(key_template), key_template) << key;
  }
}

}  // namespace
}  // namespace slotplanner
