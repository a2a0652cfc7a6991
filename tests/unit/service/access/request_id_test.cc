// SPDX-License-Identifier: Apache-2.0
#include "service/access/request_id.h"

#include <string>

#include <gtest/gtest.h>

namespace slotplanner {
namespace {

// The example of W3C Trace Context, section 3.2.4.
constexpr char kTraceparent[] =
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr char kTraceId[] = "4bf92f3577b34da6a3ce929d0e0e4736";

TEST(RequestIdOfTest, PrefersTheRequestId) {
  EXPECT_EQ(RequestIdOf("7f3a-1", kTraceparent), "7f3a-1");
  EXPECT_EQ(RequestIdOf("x", ""), "x");
  EXPECT_EQ(RequestIdOf(std::string(128, 'x'), ""), std::string(128, 'x'));
}

TEST(RequestIdOfTest, TakesNoRequestIdThatALogWouldHaveToEscape) {
  for (int c = 0; c < 256; ++c) {
    const std::string id = "a" + std::string(1, char(c));
    const bool is_good = c >= 0x21 && c <= 0x7e && c != '"' && c != '\\';
    EXPECT_EQ(RequestIdOf(id, ""), is_good ? id : "") << c;
  }
  EXPECT_EQ(RequestIdOf(std::string(129, 'x'), ""), "");
}

TEST(RequestIdOfTest, FallsBackToTheTraceId) {
  EXPECT_EQ(RequestIdOf("", kTraceparent), kTraceId);
  EXPECT_EQ(RequestIdOf("two words", kTraceparent), kTraceId);
  EXPECT_EQ(RequestIdOf("", ""), "");
}

TEST(RequestIdOfTest, ReadsLaterVersionsAsFarAsItKnowsThem) {
  const std::string rest = std::string(kTraceparent).substr(2);
  EXPECT_EQ(RequestIdOf("", "01" + rest), kTraceId);
  EXPECT_EQ(RequestIdOf("", "fe" + rest), kTraceId);
  EXPECT_EQ(RequestIdOf("", "cc" + rest + "-more"), kTraceId);
  EXPECT_EQ(RequestIdOf("", "cc" + rest + "."), "");
  EXPECT_EQ(RequestIdOf("", "cc" + rest + "0"), "");
  EXPECT_EQ(RequestIdOf("", "ff" + rest), "");
  EXPECT_EQ(RequestIdOf("", "00" + rest + "-more"), "");
}

TEST(RequestIdOfTest, TakesNoTraceparentThatIsNotValid) {
  const std::string zeros(32, '0');
  const std::string good = kTraceparent;
  for (const std::string& text :
       {"00-" + zeros + "-00f067aa0ba902b7-01",
        std::string("00-") + kTraceId + "-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736" + good.substr(35), good.substr(1),
        " " + good, good + " ", good.substr(0, 54), std::string(kTraceId)}) {
    EXPECT_EQ(RequestIdOf("", text), "") << text;
  }
  // Every character counts.
  for (size_t i = 0; i < good.size(); ++i) {
    std::string text = good;
    text[i] = 'g';
    EXPECT_EQ(RequestIdOf("", text), "") << text;
  }
}

}  // namespace
}  // namespace slotplanner
