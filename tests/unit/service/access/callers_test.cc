// SPDX-License-Identifier: Apache-2.0
#include "service/access/callers.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "service/access/token_digest.h"

namespace slotplanner {
namespace {

using Identities = std::vector<std::string_view>;

CallerRule Rule(std::string name, std::vector<std::string> identities,
                const std::vector<std::string>& tokens) {
  CallerRule rule = {.name = std::move(name),
                     .identities = std::move(identities),
                     .tokens = {},
                     .methods = {},
                     .clusters = {}};
  for (const std::string& token : tokens)
    rule.tokens.push_back(DigestOf(token));
  return rule;
}

// Three that are known by identities, by tokens, and by both.
Callers ThreeCallers() {
  return Callers({Rule("orders", {"orders.example", "spiffe://td/orders"}, {}),
                  Rule("batch", {}, {"batch-token-old", "batch-token-new"}),
                  Rule("ops", {"*.ops.example"}, {"ops-token"})});
}

std::string NameOf(const Callers& callers, const Identities& identities,
                   std::string_view token) {
  const CallerRule* const rule = callers.Identify(identities, token);
  return rule == nullptr ? "nobody" : rule->name;
}

TEST(CallersTest, AreOpenWithoutRules) {
  EXPECT_TRUE(Callers().is_open());
  EXPECT_TRUE(Callers(std::vector<CallerRule>()).is_open());
  EXPECT_EQ(Callers().Identify(Identities{"a"}, "token"), nullptr);
  EXPECT_FALSE(ThreeCallers().is_open());
}

TEST(CallersTest, KnowsACallerByAnyOfItsIdentities) {
  const Callers callers = ThreeCallers();
  EXPECT_EQ(NameOf(callers, {"orders.example"}, ""), "orders");
  EXPECT_EQ(NameOf(callers, {"spiffe://td/orders"}, ""), "orders");
  EXPECT_EQ(NameOf(callers, {"10.0.0.1", "ORDERS.example"}, ""), "orders");
  EXPECT_EQ(NameOf(callers, {"alice.ops.example"}, ""), "ops");
  EXPECT_EQ(NameOf(callers, {"other.example"}, ""), "nobody");
  EXPECT_EQ(NameOf(callers, {""}, ""), "nobody");
}

TEST(CallersTest, KnowsACallerByAnyOfItsTokens) {
  const Callers callers = ThreeCallers();
  EXPECT_EQ(NameOf(callers, {}, "batch-token-old"), "batch");
  EXPECT_EQ(NameOf(callers, {}, "batch-token-new"), "batch");
  EXPECT_EQ(NameOf(callers, {}, "ops-token"), "ops");
  for (const char* token : {"batch-token", "batch-token-new ", "Ops-token",
                            "orders.example", "orders"}) {
    EXPECT_EQ(NameOf(callers, {}, token), "nobody") << token;
  }
}

TEST(CallersTest, KnowsNobodyWhoShowsNothing) {
  EXPECT_EQ(NameOf(ThreeCallers(), {}, ""), "nobody");
}

// Not even when nothing was made a token by mistake.
TEST(CallersTest, TakesAnEmptyTokenForNone) {
  const Callers callers({Rule("orders", {}, {""})});
  EXPECT_EQ(NameOf(callers, {}, ""), "nobody");
}

TEST(CallersTest, TakesTheFirstOfSeveral) {
  const Callers callers = ThreeCallers();
  EXPECT_EQ(NameOf(callers, {"orders.example"}, "ops-token"), "orders");
  EXPECT_EQ(NameOf(callers, {"alice.ops.example"}, "batch-token-new"), "batch");
  EXPECT_EQ(NameOf(callers, {"alice.ops.example", "orders.example"}, ""),
            "orders");
  // What is nobody's does not stand in the way.
  EXPECT_EQ(NameOf(callers, {"other.example"}, "ops-token"), "ops");
  EXPECT_EQ(NameOf(callers, {"orders.example"}, "unknown"), "orders");
}

TEST(CallersTest, GivesRulesThatLiveAsLongAsItself) {
  const Callers callers = ThreeCallers();
  EXPECT_EQ(callers.Identify(Identities{"orders.example"}, ""),
            &callers.rules()[0]);
  EXPECT_EQ(callers.Identify({}, "ops-token"), &callers.rules()[2]);
}

TEST(CallerRuleTest, AllowsAllWithoutALimit) {
  const CallerRule rule = Rule("orders", {}, {});
  EXPECT_TRUE(MayCall(rule, "PlanBatch"));
  EXPECT_TRUE(MayUse(rule, "orders"));
}

TEST(CallerRuleTest, AllowsWhatIsListed) {
  CallerRule rule = Rule("orders", {}, {});
  rule.methods = {"Keyslot", "PlanBatch"};
  EXPECT_TRUE(MayCall(rule, "Keyslot"));
  EXPECT_TRUE(MayCall(rule, "PlanBatch"));
  EXPECT_FALSE(MayCall(rule, "GroupKeys"));
  EXPECT_FALSE(MayCall(rule, "planbatch"));
  EXPECT_FALSE(MayCall(rule, ""));
  EXPECT_TRUE(MayUse(rule, "any"));

  rule.clusters = {"orders"};
  EXPECT_TRUE(MayUse(rule, "orders"));
  EXPECT_FALSE(MayUse(rule, "orders2"));
  EXPECT_FALSE(MayUse(rule, ""));
}

}  // namespace
}  // namespace slotplanner
