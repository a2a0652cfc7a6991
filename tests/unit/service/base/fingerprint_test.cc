// SPDX-License-Identifier: Apache-2.0
#include "service/base/fingerprint.h"

#include <gtest/gtest.h>

namespace slotplanner {
namespace {

// The examples of FIPS 180-2, appendix B.1, and of the empty message.
TEST(FingerprintTest, IsTheFirstHalfOfASha256) {
  EXPECT_EQ(Fingerprint(""), "e3b0c44298fc1c149afbf4c8996fb924");
  EXPECT_EQ(Fingerprint("abc"), "ba7816bf8f01cfea414140de5dae2223");
}

}  // namespace
}  // namespace slotplanner
