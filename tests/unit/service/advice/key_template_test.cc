// SPDX-License-Identifier: Apache-2.0
#include "service/advice/key_template.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/slots/hash_slot.h"
#include "service/slots/hash_tag.h"
#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TemplateToken Text(std::string_view text) { return {text, false}; }
TemplateToken Placeholder(std::string_view name) { return {name, true}; }

TEST(TokensOfTest, FindsPlaceholders) {
  EXPECT_THAT(TokensOf("user:<id>:cart"),
              ElementsAre(Text("user:"), Placeholder("id"), Text(":cart")));
  EXPECT_THAT(
      TokensOf("<a><B-1><_>"),
      ElementsAre(Placeholder("a"), Placeholder("B-1"), Placeholder("_")));
  EXPECT_THAT(TokensOf("plain"), ElementsAre(Text("plain")));
  EXPECT_THAT(TokensOf(""), IsEmpty());
}

TEST(TokensOfTest, TakesOtherAngleBracketsForText) {
  EXPECT_THAT(TokensOf("a<b"), ElementsAre(Text("a<b")));
  EXPECT_THAT(TokensOf("a>b<>"), ElementsAre(Text("a>b<>")));
  EXPECT_THAT(TokensOf("<a b>"), ElementsAre(Text("<a b>")));
  EXPECT_THAT(TokensOf("<<a>>"),
              ElementsAre(Text("<"), Placeholder("a"), Text(">")));
  EXPECT_THAT(TokensOf("<a<b>"), ElementsAre(Text("<a"), Placeholder("b")));
  EXPECT_THAT(TokensOf("<\xC3\xA9>"), ElementsAre(Text("<\xC3\xA9>")));
}

TEST(FillInTest, PutsValuesInPlaceOfPlaceholders) {
  EXPECT_EQ(FillIn("<a>:<b>:<a>:<c",
                   [](std::string_view name) {
                     return name == "a" ? std::string_view("1") : "<a>";
                   }),
            "1:<a>:1:<c");
}

// What is said of keys with templates.
TemplateAgreement Check(const std::vector<std::string_view>& keys) {
  std::vector<std::string_view> hashed_parts;
  for (const std::string_view key : keys) {
    hashed_parts.push_back(HashedPart(key));
  }
  return AgreementOf(hashed_parts);
}

SlotAgreement Agreement(const std::vector<std::string_view>& keys) {
  return Check(keys).agreement;
}

TEST(AgreementOfTest, IsAlwaysForTheSameHashedParts) {
  EXPECT_EQ(Agreement({"user:<id>:cart"}), SlotAgreement::kAlways);
  EXPECT_EQ(Agreement({"{user:<id>}:cart", "x{user:<id>}y", "user:<id>"}),
            SlotAgreement::kAlways);
  EXPECT_EQ(Agreement({"{<id>}a", "{<id>}b{<other>}"}), SlotAgreement::kAlways);
  EXPECT_EQ(Agreement({"{}<id>", "{}<id>"}), SlotAgreement::kAlways);
  EXPECT_EQ(Agreement({""}), SlotAgreement::kAlways);
}

TEST(AgreementOfTest, HoldsTextsAgainstEachOtherBySlot) {
  // foo{bar}{zap} is in the slot of bar; see service/slots.
  EXPECT_EQ(Agreement({"foo{bar}{zap}", "bar"}), SlotAgreement::kAlways);
  EXPECT_EQ(Agreement({"foo", "bar"}), SlotAgreement::kNever);
  // The slot of the empty key.
  EXPECT_EQ(Agreement({"", std::string_view("\0", 1)}), SlotAgreement::kAlways);
}

TEST(AgreementOfTest, NamesThePlaceholdersThatDiffer) {
  const TemplateAgreement agreement =
      Check({"{<tenant>:<user>}:a", "{<tenant>:<order>}:b"});
  EXPECT_EQ(agreement.agreement, SlotAgreement::kDepends);
  EXPECT_THAT(agreement.placeholders, ElementsAre("user", "order"));
  EXPECT_THAT(Check({"<a>:<b>:<c>", "<d>:<b>:<e>"}).placeholders,
              ElementsAre("a", "c", "d", "e"));
  EXPECT_THAT(Check({"x:<a>:y", "x:<b>:<c>:y"}).placeholders,
              ElementsAre("a", "b", "c"));
  EXPECT_THAT(Check({"x:<a>:y", "x:<a>:<c>:y"}).placeholders, ElementsAre("c"));
  EXPECT_THAT(Check({"<a>", "<b>", "<a>"}).placeholders, ElementsAre("a", "b"));
  EXPECT_THAT(Check({"user:<id>", "users"}).placeholders, ElementsAre("id"));
}

TEST(AgreementOfTest, NamesAllPlaceholdersIfOnlyTextDiffers) {
  const TemplateAgreement agreement = Check({"user:<id>:a", "order:<id>:a"});
  EXPECT_EQ(agreement.agreement, SlotAgreement::kDepends);
  EXPECT_THAT(agreement.placeholders, ElementsAre("id"));
  EXPECT_THAT(Check({"<a>:<b>:1", "<a>:<b>:10"}).placeholders,
              ElementsAre("a", "b"));
}

TEST(AgreementOfTest, IsNeverIfTextBehindTheLastPlaceholderTellsSlotsApart) {
  EXPECT_EQ(Agreement({"user:<id>:cart", "user:<id>:name"}),
            SlotAgreement::kNever);
  EXPECT_EQ(Agreement({"{user:<id>:cart}", "user:<id>:name"}),
            SlotAgreement::kNever);
  // Though it depends what the third one has to do with them.
  EXPECT_EQ(Agreement({"<a>:1", "<b>", "<a>:2"}), SlotAgreement::kNever);
  EXPECT_EQ(Agreement({"<a>", "foo", "bar"}), SlotAgreement::kNever);
  // Of different sizes, chance may put them together.
  EXPECT_EQ(Agreement({"user:<id>:cart", "user:<id>:profile"}),
            SlotAgreement::kDepends);
}

// Two texts of one size in one slot.
std::pair<std::string, std::string> TextsOfOneSlot() {
  std::map<HashSlot, std::string> known;
  for (int i = 10'000;; ++i) {
    const std::string text = std::to_string(i);
    const auto [found, is_new] = known.emplace(HashSlot::OfKey(text), text);
    if (!is_new) return {found->second, text};
  }
}

TEST(AgreementOfTest, IsAlwaysIfSuchTextMakesNoDifference) {
  const auto [a, b] = TextsOfOneSlot();
  ASSERT_EQ(a.size(), b.size());
  EXPECT_EQ(Agreement({"user:<id>:" + a, "user:<id>:" + b}),
            SlotAgreement::kAlways);
}

using Values = std::map<std::string_view, std::string>;

// Random templates and values of few kinds, so that much is alike.
class RandomTemplates {
 public:
  explicit RandomTemplates(uint64_t seed) : random_(seed) {}

  int Below(int limit) {
    return std::uniform_int_distribution<int>(0, limit - 1)(random_);
  }

  std::string Template() {
    static constexpr const char* kPieces[] = {
        "<a>", "<b>", "<c>", "x", ":y", ":z", "{", "}", "12345", "<"};
    std::string text;
    for (int pieces = 1 + Below(5); pieces > 0; --pieces) {
      text += kPieces[Below(static_cast<int>(std::size(kPieces)))];
    }
    return text;
  }

  // Not empty and without braces.
  std::string Value() {
    std::string value;
    for (int size = 1 + Below(12); size > 0; --size) {
      value += static_cast<char>(Below(256));
      if (value.back() == '{' || value.back() == '}') value.back() = '<';
    }
    return value;
  }

  Values AllValues() {
    return {{"a", Value()}, {"b", Value()}, {"c", Value()}};
  }

 private:
  std::mt19937_64 random_;
};

HashSlot SlotOf(std::string_view key_template, const Values& values) {
  return HashSlot::OfKey(FillIn(key_template, [&](std::string_view name) {
    return std::string_view(values.at(name));
  }));
}

bool AreInOneSlot(const std::vector<std::string>& templates,
                  const Values& values) {
  return std::all_of(
      templates.begin(), templates.end(), [&](const std::string& each) {
        return SlotOf(each, values) == SlotOf(templates.front(), values);
      });
}

TEST(AgreementOfTest, HoldsForRandomTemplatesAndValues) {
  RandomTemplates random(RandomSeed());
  std::map<SlotAgreement, int> counts;
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> templates;
    templates.push_back(random.Template());
    for (int keys = 1 + random.Below(2); keys > 0; --keys) {
      // Often one with the same hashed part.
      templates.push_back(random.Below(3) > 0
                              ? random.Template()
                              : "x{" + std::string(HashedPart(templates[0])) +
                                    "}" + random.Template());
    }
    const TemplateAgreement check = Check({templates.begin(), templates.end()});
    ++counts[check.agreement];
    int in_one_slot = 0;
    for (int i = 0; i < 1000; ++i) {
      in_one_slot += AreInOneSlot(templates, random.AllValues()) ? 1 : 0;
    }
    const std::string text = testing::PrintToString(templates);
    switch (check.agreement) {
      case SlotAgreement::kAlways:
        EXPECT_EQ(in_one_slot, 1000) << text;
        break;
      case SlotAgreement::kNever:
        EXPECT_EQ(in_one_slot, 0) << text;
        break;
      default:
        EXPECT_EQ(check.agreement, SlotAgreement::kDepends) << text;
        EXPECT_LT(in_one_slot, 1000) << text;
        EXPECT_THAT(check.placeholders, testing::Not(IsEmpty())) << text;
        EXPECT_EQ(std::set<std::string_view>(check.placeholders.begin(),
                                             check.placeholders.end())
                      .size(),
                  check.placeholders.size());
    }
  }
  EXPECT_THAT(counts, testing::SizeIs(3));
}

// The names of the placeholders that are hashed, in their order.
std::vector<std::string_view> HashedNames(std::string_view key_template) {
  std::vector<std::string_view> names;
  for (const TemplateToken& token : TokensOf(HashedPart(key_template))) {
    if (token.is_placeholder) names.push_back(token.text);
  }
  return names;
}

// With some values of the placeholders that are named, keys get into one slot;
// in one of 16384 cases, if it is up to chance. Where the same values are
// hashed on both sides, perhaps only their sizes make a difference, and of
// these there are too few to try.
TEST(AgreementOfTest, LetsTheValuesDecideWhereItDepends) {
  RandomTemplates random(RandomSeed());
  for (int round = 0; round < 20;) {
    const std::vector<std::string> templates = {random.Template(),
                                                random.Template()};
    if (Check({templates.begin(), templates.end()}).agreement !=
            SlotAgreement::kDepends ||
        HashedNames(templates[0]) == HashedNames(templates[1])) {
      continue;
    }
    ++round;
    bool found = false;
    for (int i = 0; i < 500'000 && !found; ++i) {
      found = AreInOneSlot(templates, random.AllValues());
    }
    EXPECT_TRUE(found) << testing::PrintToString(templates);
  }
}

// Placeholders that are alone in their places are all that there is to it.
TEST(AgreementOfTest, IsDecidedByThePlaceholdersThatAreNamed) {
  RandomTemplates random(RandomSeed());
  const std::vector<std::string> templates = {"{<a>:x:<b>}1", "2{<c>:x:<b>}"};
  EXPECT_THAT(Check({templates.begin(), templates.end()}).placeholders,
              ElementsAre("a", "c"));
  for (int i = 0; i < 1000; ++i) {
    Values values = random.AllValues();
    values["c"] = values["a"];
    EXPECT_TRUE(AreInOneSlot(templates, values));
  }
}

}  // namespace
}  // namespace slotplanner
