// SPDX-License-Identifier: Apache-2.0
#include "service/advice/hash_tag_suggestions.h"

#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/slots/hash_tag.h"
#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

using testing::ElementsAre;
using testing::Gt;
using testing::IsEmpty;
using testing::SizeIs;

constexpr size_t kAll = 1000;

std::vector<HashTagSuggestion> Suggest(
    const std::vector<std::string_view>& keys) {
  return SuggestHashTags(keys, kAll);
}

// The names that all keys have by the best suggestion.
std::vector<std::string> BestNames(const std::vector<std::string_view>& keys) {
  std::vector<std::string> names(keys.begin(), keys.end());
  const auto suggestions = Suggest(keys);
  if (suggestions.empty()) return {};
  for (const KeyRenaming& renaming : suggestions.front().renamings) {
    names[renaming.key_index] = renaming.new_key;
  }
  return names;
}

TEST(SuggestHashTagsTest, TakesTheWholeEntity) {
  EXPECT_THAT(BestNames({"user:1:profile", "user:1:orders"}),
              ElementsAre("{user:1}:profile", "{user:1}:orders"));
  EXPECT_THAT(BestNames({"profile:user:1", "orders:user:1"}),
              ElementsAre("profile:{user:1}", "orders:{user:1}"));
  EXPECT_THAT(BestNames({"v1/user/17/name", "v1/user/17/mail"}),
              ElementsAre("{v1/user/17}/name", "{v1/user/17}/mail"));
}

TEST(SuggestHashTagsTest, FindsTheIdWhereverItStands) {
  EXPECT_THAT(BestNames({"user:17:name", "sessions-17", "17"}),
              ElementsAre("user:{17}:name", "sessions-{17}", "{17}"));
  EXPECT_THAT(
      BestNames({"cart:3f2504e0-4f89-11d3", "3f2504e0-4f89-11d3.items"}),
      ElementsAre("cart:{3f2504e0-4f89-11d3}", "{3f2504e0-4f89-11d3}.items"));
  EXPECT_THAT(BestNames({"mail:ada@example", "name:ada@example"}),
              ElementsAre("mail:{ada@example}", "name:{ada@example}"));
}

TEST(SuggestHashTagsTest, KeepsTheTagThatSomeKeysHave) {
  const auto suggestions = Suggest({"{user:1}:name", "user:1:orders"});
  ASSERT_THAT(suggestions, SizeIs(Gt(1U)));
  EXPECT_EQ(suggestions[0].tag, "user:1");
  EXPECT_THAT(suggestions[0].renamings,
              ElementsAre(KeyRenaming{1, "{user:1}:orders"}));
  EXPECT_THAT(suggestions[0].warnings, IsEmpty());
}

TEST(SuggestHashTagsTest, RenamesFewKeysRatherThanHaveALongTag) {
  EXPECT_THAT(BestNames({"user:{1}:a", "user:{1}:b", "user:1:c"}),
              ElementsAre("user:{1}:a", "user:{1}:b", "user:{1}:c"));
}

TEST(SuggestHashTagsTest, MovesBracesThatAreTooWide) {
  EXPECT_THAT(BestNames({"{user}:1:name", "user:1:orders"}),
              ElementsAre("{user:1}:name", "{user:1}:orders"));
}

TEST(SuggestHashTagsTest, WarnsOfTagsThatPutAllIntoOneSlot) {
  const auto suggestions = Suggest({"user:1", "user:2", "user:3"});
  ASSERT_THAT(suggestions, SizeIs(1));
  EXPECT_EQ(suggestions[0].tag, "user");
  EXPECT_THAT(suggestions[0].warnings, ElementsAre(TagWarning::kTooBroad));
}

TEST(SuggestHashTagsTest, DoesNotTakeAVersionForAnEntity) {
  const auto suggestions = Suggest({"v1:users", "v1:orders"});
  ASSERT_THAT(suggestions, SizeIs(1));
  EXPECT_THAT(suggestions[0].warnings, ElementsAre(TagWarning::kTooBroad));
}

TEST(SuggestHashTagsTest, WarnsOfBracesThatAreData) {
  const auto suggestions =
      Suggest({R"(user:1:{"page": 2})", R"(user:1:{"page": 3})"});
  ASSERT_FALSE(suggestions.empty());
  EXPECT_EQ(suggestions[0].tag, "user:1");
  EXPECT_THAT(suggestions[0].renamings,
              ElementsAre(KeyRenaming{0, R"({user:1}:{"page": 2})"},
                          KeyRenaming{1, R"({user:1}:{"page": 3})"}));
  EXPECT_THAT(suggestions[0].warnings, ElementsAre(TagWarning::kAccidentalTag));
}

TEST(SuggestHashTagsTest, HasNoneWhereBracesOfDataComeFirst) {
  EXPECT_THAT(Suggest({R"({"page": 2}:user:1)", "user:1"}), IsEmpty());
}

TEST(SuggestHashTagsTest, HasNoneForKeysWithNothingInCommon) {
  EXPECT_THAT(Suggest({"cart", "stock"}), IsEmpty());
  EXPECT_THAT(Suggest({"user:12", "user12"}), IsEmpty());
  EXPECT_THAT(Suggest({"", "user"}), IsEmpty());
}

TEST(SuggestHashTagsTest, TakesWholeSegmentsOnly) {
  EXPECT_THAT(Suggest({"user:1", "order:11"}), IsEmpty());
  EXPECT_THAT(BestNames({"a1:1", "x:1"}), ElementsAre("a1:{1}", "x:{1}"));
}

TEST(SuggestHashTagsTest, NeverMakesTwoKeysOne) {
  EXPECT_THAT(Suggest({"{a}:1:b", "a:1:{b}", "a:1:b"}), IsEmpty());
}

TEST(SuggestHashTagsTest, BoundsTheNumberOfSuggestions) {
  const std::vector<std::string_view> keys = {"a:1:2:3:x", "a:1:2:3:y"};
  EXPECT_EQ(Suggest(keys).size(), 10U);
  EXPECT_THAT(SuggestHashTags(keys, 2), SizeIs(2));
}

// Whatever the keys are, a suggestion holds what it says.
TEST(SuggestHashTagsTest, HoldsForRandomKeys) {
  std::mt19937_64 random(RandomSeed());
  const auto number = [&random](int n) {
    return static_cast<int>(random() % static_cast<unsigned>(n));
  };
  const std::string_view parts[] = {"user", "1", "{",  "}",      "{1}", ":",
                                    "22",   "-", "{}", "{user}", "",    "x"};
  int suggested = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::string> names(2 + static_cast<size_t>(number(3)));
    for (std::string& name : names) {
      for (int i = number(7); i >= 0; --i) name += parts[number(12)];
    }
    const std::vector<std::string_view> keys(names.begin(), names.end());
    for (const HashTagSuggestion& suggestion : Suggest(keys)) {
      ++suggested;
      std::vector<std::string> renamed = names;
      for (const KeyRenaming& renaming : suggestion.renamings) {
        ASSERT_NE(renaming.new_key, names[renaming.key_index]);
        renamed[renaming.key_index] = renaming.new_key;
      }
      for (size_t i = 0; i < renamed.size(); ++i) {
        ASSERT_EQ(HashedPart(renamed[i]), suggestion.tag) << renamed[i];
        ASSERT_EQ(HashSlot::OfKey(renamed[i]), suggestion.slot) << renamed[i];
        for (size_t j = 0; j < i; ++j) {
          ASSERT_EQ(renamed[i] == renamed[j], names[i] == names[j]);
        }
      }
    }
  }
  EXPECT_THAT(suggested, Gt(100));
}

}  // namespace
}  // namespace slotplanner
