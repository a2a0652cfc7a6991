// SPDX-License-Identifier: Apache-2.0
#include "service/access/identity.h"

#include <string>

#include <gtest/gtest.h>

namespace slotplanner {
namespace {

void ExpectMatch(const char* pattern, std::string_view identity) {
  ASSERT_TRUE(IsIdentityPattern(pattern)) << pattern;
  EXPECT_TRUE(MatchesIdentity(pattern, identity))
      << pattern << " and " << identity;
}

void ExpectNoMatch(const char* pattern, std::string_view identity) {
  ASSERT_TRUE(IsIdentityPattern(pattern)) << pattern;
  EXPECT_FALSE(MatchesIdentity(pattern, identity))
      << pattern << " and " << identity;
}

TEST(MatchesIdentityTest, ComparesDnsNamesWithoutCase) {
  ExpectMatch("orders.example.com", "orders.example.com");
  ExpectMatch("orders.example.com", "Orders.EXAMPLE.com");
  ExpectMatch("Orders.example.com", "orders.example.com");
  ExpectNoMatch("orders.example.com", "orders.example.org");
  ExpectNoMatch("orders.example.com", "a.orders.example.com");
  ExpectNoMatch("orders.example.com", "orders.example.com.");
  ExpectNoMatch("orders.example.com", "orders.example.co");
  ExpectNoMatch("orders.example.com", "");
  ExpectNoMatch("orders.example.com",
                std::string_view("orders.example.com\0", 19));
}

TEST(MatchesIdentityTest, ComparesAllElseExactly) {
  ExpectMatch("spiffe://example.com/ns/prod/sa/orders",
              "spiffe://example.com/ns/prod/sa/orders");
  ExpectNoMatch("spiffe://example.com/ns/prod/sa/orders",
                "spiffe://example.com/ns/prod/sa/Orders");
  ExpectNoMatch("spiffe://example.com/ns/prod/sa/orders",
                "spiffe://example.com/ns/prod/sa/orders/");
  ExpectMatch("ops@example.com", "ops@example.com");
  ExpectNoMatch("ops@example.com", "Ops@example.com");
  ExpectMatch("10.0.0.1", "10.0.0.1");
  ExpectMatch("fd00::1", "fd00::1");
  ExpectNoMatch("fd00::a", "fd00::A");
}

TEST(MatchesIdentityTest, TakesAnyOneLabelForAStarAndADot) {
  ExpectMatch("*.example.com", "orders.example.com");
  ExpectMatch("*.example.com", "ORDERS-2_x.Example.Com");
  ExpectNoMatch("*.example.com", "example.com");
  ExpectNoMatch("*.example.com", ".example.com");
  ExpectNoMatch("*.example.com", "a.b.example.com");
  ExpectNoMatch("*.example.com", "orders.example.org");
  ExpectNoMatch("*.example.com", "orders.example.com.org");
  ExpectNoMatch("*.example.com", "ordersexample.com");
  ExpectNoMatch("*.example.com", "");
  // Other kinds of names that end alike.
  ExpectNoMatch("*.example.com", "spiffe://orders.example.com");
  ExpectNoMatch("*.example.com", "https://evil/x.example.com");
  ExpectNoMatch("*.example.com", "ops@x.example.com");
  ExpectNoMatch("*.example.com", std::string_view("a\0b.example.com", 15));
}

TEST(MatchesIdentityTest, TakesAnyPathBelowForASlashAndAStar) {
  constexpr char kPattern[] = "spiffe://example.com/ns/prod/*";
  ExpectMatch(kPattern, "spiffe://example.com/ns/prod/orders");
  ExpectMatch(kPattern, "spiffe://example.com/ns/prod/sa/orders");
  ExpectMatch(kPattern, "spiffe://example.com/ns/prod/..x");
  ExpectNoMatch(kPattern, "spiffe://example.com/ns/prod");
  ExpectNoMatch(kPattern, "spiffe://example.com/ns/prod/");
  ExpectNoMatch(kPattern, "spiffe://example.com/ns/production/orders");
  ExpectNoMatch(kPattern, "spiffe://Example.com/ns/prod/orders");
  ExpectNoMatch(kPattern, "spiffe://example.com.evil/ns/prod/orders");
  ExpectMatch("spiffe://example.com/*", "spiffe://example.com/orders");
  ExpectNoMatch("spiffe://example.com/*", "spiffe://example.community/orders");
}

// SPIFFE-ID, section 2.2, allows none of these segments.
TEST(MatchesIdentityTest, LeavesNoPathByDots) {
  constexpr char kPattern[] = "spiffe://example.com/ns/prod/*";
  for (const char* rest : {"../test/orders", "a/../../test", "..", ".", "./a",
                           "a/.", "/a", "a//b", "a/"}) {
    ExpectNoMatch(kPattern,
                  std::string("spiffe://example.com/ns/prod/") + rest);
  }
}

TEST(MatchesIdentityTest, KnowsNobodyByAWildcardOfTheCertificate) {
  ExpectNoMatch("*.example.com", "*.example.com");
  ExpectNoMatch("orders.example.com", "*.example.com");
  ExpectNoMatch("spiffe://example.com/*", "spiffe://example.com/*");
  ExpectNoMatch("spiffe://example.com/*", "spiffe://example.com/a/*");
}

TEST(IsIdentityPatternTest, AllowsTwoKindsOfWildcards) {
  for (const char* text : {"a", "10.0.0.1", "::1", "orders.example.com",
                           "*.example.com", "*.local", "spiffe://example.com/*",
                           "spiffe://example.com/a/*", "urn:x:y"}) {
    EXPECT_TRUE(IsIdentityPattern(text)) << text;
  }
  for (const char* text : {"*",
                           "**",
                           "*.",
                           "*..com",
                           "*.*.com",
                           "a.*.com",
                           "*a.com",
                           "a*.com",
                           "*.com*",
                           "*.a/*",
                           "/*",
                           "x/*",
                           "spiffe:/*",
                           "spiffe://*",
                           "spiffe:///*",
                           "spiffe:///a/*",
                           "://a/*",
                           "spiffe://*/a",
                           "spiffe://a*",
                           "spiffe://a/*/b",
                           "spiffe://a/*/*",
                           "spiffe://a/b*",
                           "*.spiffe://a"}) {
    EXPECT_FALSE(IsIdentityPattern(text)) << text;
  }
}

TEST(IsIdentityPatternTest, TakesUpTo2048PrintableCharacters) {
  EXPECT_TRUE(IsIdentityPattern(std::string(2048, 'x')));
  EXPECT_FALSE(IsIdentityPattern(std::string(2049, 'x')));
  EXPECT_FALSE(IsIdentityPattern(""));
  for (const char* text : {"a b", " a", "a ", "a\n", "\x7f", "g\xc3\xa4t"}) {
    EXPECT_FALSE(IsIdentityPattern(text)) << text;
  }
  EXPECT_FALSE(IsIdentityPattern(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace slotplanner
