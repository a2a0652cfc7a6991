// SPDX-License-Identifier: Apache-2.0
#include "service/advice/batch_advice.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/plan_fixture.h"

namespace slotplanner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// The advice for commands written as words.
class AdvisedBatch {
 public:
  explicit AdvisedBatch(const std::vector<std::string>& texts) {
    words_.reserve(texts.size());
    for (const std::string& text : texts) words_.emplace_back(text);
    for (const Words& words : words_) commands_.emplace_back(words.views());
    advice_ = AdviseOnBatch(snapshot_, commands_, 3);
  }

  const std::vector<SharedSlotGroup>& groups() const { return advice_.groups; }
  const BatchAdvice& advice() const { return advice_; }

 private:
  const ClusterSnapshot snapshot_ = ThreeShards();
  std::vector<Words> words_;
  std::vector<CommandArgs> commands_;
  BatchAdvice advice_;
};

TEST(AdviseOnBatchTest, PutsTheKeysOfACommandTogether) {
  const AdvisedBatch batch({"RENAME user:1:draft user:1:letter"});
  ASSERT_THAT(batch.groups(), SizeIs(1));
  const SharedSlotGroup& group = batch.groups()[0];
  EXPECT_THAT(group.keys, ElementsAre("user:1:draft", "user:1:letter"));
  EXPECT_THAT(group.places, ElementsAre(KeyPlace{0, 1}, KeyPlace{0, 2}));
  ASSERT_FALSE(group.suggestions.empty());
  EXPECT_EQ(group.suggestions[0].tag, "user:1");
  EXPECT_THAT(group.remedies, IsEmpty());
}

TEST(AdviseOnBatchTest, KeepsWhatSharesAKeyInOneGroup) {
  const AdvisedBatch batch(
      {"RENAME a:1 b:1", "GET c:9", "SMOVE b:1 d:1 x", "RENAME e:2 f:2"});
  ASSERT_THAT(batch.groups(), SizeIs(2));
  EXPECT_THAT(batch.groups()[0].keys, ElementsAre("a:1", "b:1", "d:1"));
  EXPECT_THAT(batch.groups()[1].keys, ElementsAre("e:2", "f:2"));
}

TEST(AdviseOnBatchTest, LeavesCommandsOfOneSlotAlone) {
  const AdvisedBatch batch({"GET a", "MGET {b}1 {b}2", "PING"});
  EXPECT_THAT(batch.groups(), IsEmpty());
  EXPECT_THAT(batch.advice().refused, IsEmpty());
}

TEST(AdviseOnBatchTest, TakesATransactionAsAWhole) {
  const AdvisedBatch batch(
      {"MULTI", "INCR user:1:visits", "GET user:1:name", "EXEC", "GET a:2"});
  ASSERT_THAT(batch.groups(), SizeIs(1));
  EXPECT_THAT(batch.groups()[0].keys,
              ElementsAre("user:1:visits", "user:1:name"));
  EXPECT_EQ(batch.groups()[0].suggestions[0].tag, "user:1");
}

// A key that works today is renamed with the others, not left behind.
TEST(AdviseOnBatchTest, BreaksNoCommandThatWorks) {
  const AdvisedBatch batch(
      {"RENAME {user:1}:a user:1:b", "MGET {user:1}:a {user:1}:c"});
  ASSERT_THAT(batch.groups(), SizeIs(1));
  const SharedSlotGroup& group = batch.groups()[0];
  EXPECT_THAT(group.keys, ElementsAre("{user:1}:a", "user:1:b", "{user:1}:c"));
  EXPECT_THAT(group.suggestions[0].renamings,
              ElementsAre(KeyRenaming{1, "{user:1}:b"}));
}

TEST(AdviseOnBatchTest, SuggestsNothingThatThePlannerRefuses) {
  // A pattern of another slot (rule B6) is renamed by nobody.
  const AdvisedBatch batch({"SORT user:1:a BY weight_* STORE user:1:b"});
  ASSERT_THAT(batch.groups(), SizeIs(1));
  EXPECT_THAT(batch.groups()[0].suggestions, IsEmpty());
}

TEST(AdviseOnBatchTest, TellsWhatNoRenamingHelps) {
  const AdvisedBatch batch({"PSYNC a 1", "NOSUCHCOMMAND a", "MSETNX a 1 b 2"});
  ASSERT_THAT(batch.advice().refused, SizeIs(2));
  EXPECT_EQ(batch.advice().refused[0].first, 0);
  EXPECT_EQ(batch.advice().refused[1].second.reason,
            RefusalReason::kUnknownCommand);
  ASSERT_THAT(batch.groups(), SizeIs(1));
  EXPECT_THAT(batch.groups()[0].suggestions, IsEmpty());
  EXPECT_THAT(batch.groups()[0].remedies, SizeIs(2));
}

TEST(AdviseOnKeysTest, CountsAKeyOnce) {
  const std::vector<std::string_view> keys = {"a:1", "b:1", "a:1"};
  const auto group = AdviseOnKeys(keys, 3);
  ASSERT_TRUE(group);
  EXPECT_THAT(group->keys, ElementsAre("a:1", "b:1"));
  EXPECT_THAT(group->places, ElementsAre(KeyPlace{0, 0}, KeyPlace{1, 0}));
}

TEST(AdviseOnKeysTest, HasNothingToSayOfOneSlot) {
  const std::vector<std::string_view> keys = {"{a}1", "{a}2", "a"};
  EXPECT_FALSE(AdviseOnKeys(keys, 3).has_value());
}

}  // namespace
}  // namespace slotplanner
