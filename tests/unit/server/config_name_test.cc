// SPDX-License-Identifier: Apache-2.0
#include "server/config_name.h"

#include <string>

#include <gtest/gtest.h>

namespace slotplanner {
namespace {

TEST(IsConfigNameTest, TakesLowerCaseNamesThatBeginWithALetter) {
  for (const std::string& name :
       {std::string("a"), std::string("orders-2_x"), std::string(63, 'x')}) {
    EXPECT_TRUE(IsConfigName(name)) << name;
  }
  for (const std::string& name :
       {std::string(), std::string("2a"), std::string("-a"), std::string("_a"),
        std::string("Orders"), std::string("oRders"), std::string("a.b"),
        std::string("a b"), std::string("a\"b"), std::string("a\n"),
        std::string("g\xc3\xa4t"), std::string(64, 'x')}) {
    EXPECT_FALSE(IsConfigName(name)) << name;
  }
}

}  // namespace
}  // namespace slotplanner
