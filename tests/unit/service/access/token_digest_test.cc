// SPDX-License-Identifier: Apache-2.0
#include "service/access/token_digest.h"

#include <gtest/gtest.h>

namespace slotplanner {
namespace {

// The example of FIPS 180-2, appendix B.1.
TEST(TokenDigestTest, IsTheSha256) {
  constexpr TokenDigest kAbc = {
      {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
       0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
       0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad}};
  EXPECT_EQ(DigestOf("abc").bytes, kAbc.bytes);
}

TEST(TokenDigestTest, IsTheSameOnlyInEveryByte) {
  const TokenDigest digest = DigestOf("abc");
  EXPECT_TRUE(IsSame(digest, DigestOf("abc")));
  for (size_t i = 0; i < digest.bytes.size(); ++i) {
    TokenDigest other = digest;
    other.bytes[i] ^= 1;
    EXPECT_FALSE(IsSame(digest, other)) << i;
  }
}

}  // namespace
}  // namespace slotplanner
