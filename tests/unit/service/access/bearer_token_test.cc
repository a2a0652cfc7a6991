// SPDX-License-Identifier: Apache-2.0
#include "service/access/bearer_token.h"

#include <string>

#include <gtest/gtest.h>

namespace slotplanner {
namespace {

constexpr char kToken[] = "mF_9.B5f-4.1JqM=";  // RFC 6750, 2.1, with padding.

TEST(BearerTokenOfTest, TakesTheSchemeInAnyCase) {
  for (const char* scheme : {"Bearer", "bearer", "BEARER", "bEaReR"}) {
    EXPECT_EQ(BearerTokenOf(std::string(scheme) + " " + kToken), kToken);
  }
  EXPECT_EQ(BearerTokenOf(std::string("Bearer   ") + kToken), kToken);
}

TEST(BearerTokenOfTest, IsEmptyForAnythingElse) {
  const std::string token = kToken;
  for (const std::string& value :
       {std::string(), std::string("Bearer"), std::string("Bearer "),
        std::string("Bearer    "), token, "Bearer" + token, "Basic " + token,
        " Bearer " + token, "Bearer\t" + token, "Bearer " + token + " ",
        "Bearer " + token + ", x", "Bearer " + token + "\r\n",
        "Bearer Bearer " + token, "Bearer " + token + '\0',
        "Bearer " + token + "\xc3\xa4"}) {
    EXPECT_EQ(BearerTokenOf(value), "") << value;
  }
}

TEST(BearerTokenOfTest, TakesTokensOf16To4096Characters) {
  for (const size_t size : {16u, 4096u}) {
    const std::string token(size, 'x');
    EXPECT_TRUE(IsToken(token));
    EXPECT_EQ(BearerTokenOf("Bearer " + token), token);
  }
  for (const size_t size : {0u, 15u, 4097u}) {
    const std::string token(size, 'x');
    EXPECT_FALSE(IsToken(token));
    EXPECT_EQ(BearerTokenOf("Bearer " + token), "");
  }
}

TEST(IsTokenTest, TakesPrintableAsciiWithoutSpaces) {
  for (int c = 0; c < 256; ++c) {
    const std::string token = "0123456789abcde" + std::string(1, char(c));
    EXPECT_EQ(IsToken(token), c >= 0x21 && c <= 0x7e) << c;
  }
}

}  // namespace
}  // namespace slotplanner
