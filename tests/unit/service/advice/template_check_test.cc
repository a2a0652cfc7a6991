// SPDX-License-Identifier: Apache-2.0
#include "service/advice/template_check.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/plan_fixture.h"

namespace slotplanner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

// The checks of commands written as words.
class CheckedBatch {
 public:
  explicit CheckedBatch(const std::vector<std::string>& texts) {
    words_.reserve(texts.size());
    for (const std::string& text : texts) words_.emplace_back(text);
    for (const Words& words : words_) commands_.emplace_back(words.views());
    checks_ = CheckTemplates(snapshot_, commands_);
  }

  const TemplateCheck& operator[](size_t index) const {
    return checks_.at(index);
  }
  SlotAgreement agreement(size_t index) const {
    return checks_.at(index).agreement.agreement;
  }
  const std::vector<std::string_view>& placeholders(size_t index) const {
    return checks_.at(index).agreement.placeholders;
  }

 private:
  const ClusterSnapshot snapshot_ = ThreeShards();
  std::vector<Words> words_;
  std::vector<CommandArgs> commands_;
  std::vector<TemplateCheck> checks_;
};

TEST(CheckTemplatesTest, FindsWhatIsHashed) {
  const CheckedBatch batch({"RENAME {user:<id>}:a b", "GET ''"});
  ASSERT_THAT(batch[0].keys, SizeIs(2));
  EXPECT_EQ(batch[0].keys[0],
            (TemplateKey{.arg_index = 1, .hashed = ByteRange{1, 9}}));
  EXPECT_EQ(batch[0].keys[1], (TemplateKey{.arg_index = 2,
                                           .slot = HashSlot::OfKey("b"),
                                           .hashed = ByteRange{0, 1}}));
  EXPECT_THAT(batch[1].keys, ElementsAre(TemplateKey{
                                 .arg_index = 1, .slot = HashSlot::OfKey("")}));
}

TEST(CheckTemplatesTest, SaysWhatAPlanMakesOfIt) {
  const CheckedBatch batch(
      {"MGET {user:<id>}:name {user:<id>}:mail", "MGET user:<id> user:<other>",
       "RENAME user:<id>:a user:<other>:a", "ECHO <text>", "DBSIZE"});
  EXPECT_EQ(batch.agreement(0), SlotAgreement::kAlways);
  EXPECT_EQ(batch[0].verdict, Verdict::kSingleSlot);
  EXPECT_EQ(batch.agreement(1), SlotAgreement::kDepends);
  EXPECT_THAT(batch.placeholders(1), ElementsAre("id", "other"));
  EXPECT_EQ(batch[1].verdict, Verdict::kSplit);
  EXPECT_FALSE(batch[1].refusal);
  EXPECT_EQ(batch.agreement(2), SlotAgreement::kDepends);
  EXPECT_EQ(batch[2].verdict, Verdict::kRefused);
  ASSERT_TRUE(batch[2].refusal);
  EXPECT_EQ(batch[2].refusal->reason, RefusalReason::kCrossSlot);
  EXPECT_EQ(batch.agreement(3), SlotAgreement::kNoKeys);
  EXPECT_EQ(batch[3].verdict, Verdict::kAnyNode);
  EXPECT_EQ(batch.agreement(4), SlotAgreement::kNoKeys);
  EXPECT_EQ(batch[4].verdict, Verdict::kFanOut);
}

TEST(CheckTemplatesTest, NamesNoSlotThatPlaceholdersDecide) {
  const CheckedBatch batch({"RENAME user:<id>:a fixed"});
  EXPECT_EQ(batch[0].refusal->message,
            "RENAME works only on keys in one hash slot. Give its 2 keys one "
            "hash tag.");
  EXPECT_THAT(batch[0].refusal->keys,
              ElementsAre(KeyLocation{2, HashSlot::OfKey("fixed")}));
  EXPECT_THAT(batch[0].refusal->remedies, Not(IsEmpty()));
}

TEST(CheckTemplatesTest, PlansWithValuesInSeveralSlots) {
  // Of as many, one would be a single slot by chance now and then.
  std::vector<std::string> texts;
  for (int i = 0; i < 20'000; ++i) {
    texts.push_back("MGET x" + std::to_string(i) + ":<a> <b>");
  }
  const CheckedBatch batch(texts);
  for (size_t i = 0; i < texts.size(); ++i) {
    ASSERT_EQ(batch[i].verdict, Verdict::kSplit) << texts[i];
  }
}

TEST(CheckTemplatesTest, TellsNothingOfWhatIsNoCommand) {
  const CheckedBatch batch(
      {"NOSUCH <a> <b>", "GET", "EVAL <script> <count> <a> <b>"});
  const RefusalReason reasons[] = {RefusalReason::kUnknownCommand,
                                   RefusalReason::kWrongArity,
                                   RefusalReason::kSyntax};
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(batch.agreement(i), SlotAgreement::kNoKeys);
    EXPECT_THAT(batch[i].keys, IsEmpty());
    EXPECT_EQ(batch[i].verdict, Verdict::kRefused);
    EXPECT_EQ(batch[i].refusal->reason, reasons[i]);
  }
}

TEST(CheckTemplatesTest, TakesATransactionAsAWhole) {
  const CheckedBatch batch({"WATCH stock:<item>", "MULTI", "DECR stock:<item>",
                            "RPUSH orders:<user> <item>", "EXEC",
                            "GET stock:<item>"});
  for (const size_t i : {0u, 2u, 3u, 5u}) {
    EXPECT_EQ(batch.agreement(i), SlotAgreement::kAlways);
    EXPECT_EQ(batch[i].multi_index, std::nullopt);
  }
  EXPECT_EQ(batch.agreement(4), SlotAgreement::kDepends);
  EXPECT_THAT(batch.placeholders(4), ElementsAre("item", "user"));
  EXPECT_EQ(batch[4].multi_index, 1);
  for (size_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(batch[i].refusal);
    EXPECT_EQ(batch[i].refusal->reason, RefusalReason::kCrossSlotTransaction);
    EXPECT_THAT(batch[i].refusal->message, Not(HasSubstr("different slots")));
  }
  EXPECT_EQ(batch[5].verdict, Verdict::kSingleSlot);
}

TEST(CheckTemplatesTest, TakesTheSameNameForTheSameValueInATransaction) {
  const CheckedBatch batch({"MULTI", "INCR {<user>}:visits",
                            "HSET {<user>}:profile name <name>", "EXEC"});
  EXPECT_EQ(batch.agreement(3), SlotAgreement::kAlways);
  EXPECT_EQ(batch[1].verdict, Verdict::kSingleSlot);
  EXPECT_EQ(batch[2].verdict, Verdict::kSingleSlot);
}

TEST(CheckTemplatesTest, EndsTransactionsWhereThePlannerDoes) {
  const CheckedBatch batch({"WATCH <a>", "UNWATCH", "WATCH <b>", "GET <c>",
                            "MULTI", "GET <b>", "EXEC", "EXEC", "MULTI",
                            "GET <a>"});
  EXPECT_EQ(batch.agreement(6), SlotAgreement::kAlways);
  EXPECT_EQ(batch[6].multi_index, 4);
  EXPECT_EQ(batch[7].multi_index, std::nullopt);
  EXPECT_EQ(batch[7].refusal->reason, RefusalReason::kSyntax);
  EXPECT_EQ(batch[9].refusal->reason, RefusalReason::kSyntax);
  EXPECT_EQ(batch.agreement(9), SlotAgreement::kAlways);
}

TEST(CheckTemplatesTest, HoldsPatternsOfSortAgainstTheKey) {
  const CheckedBatch batch({"SORT {<id>}:list BY {<id>}:weight:*",
                            "SORT {<id>}:list BY {<other>}:weight:*",
                            "SORT {<id>}:list BY weight:*",
                            "SORT {<id>}:list BY nosort GET #"});
  EXPECT_EQ(batch.agreement(0), SlotAgreement::kAlways);
  EXPECT_EQ(batch[0].verdict, Verdict::kSingleSlot);
  EXPECT_EQ(batch[0].keys[1], (TemplateKey{.arg_index = 3,
                                           .hashed = ByteRange{1, 4},
                                           .is_pattern = true}));
  EXPECT_EQ(batch.agreement(1), SlotAgreement::kDepends);
  EXPECT_THAT(batch.placeholders(1), ElementsAre("id", "other"));
  EXPECT_EQ(batch[1].verdict, Verdict::kRefused);
  EXPECT_THAT(batch[1].refusal->message, HasSubstr("BY or GET pattern"));
  EXPECT_EQ(batch.agreement(2), SlotAgreement::kNever);
  EXPECT_EQ(batch[2].verdict, Verdict::kRefused);
  EXPECT_EQ(batch[2].keys[1],
            (TemplateKey{.arg_index = 3, .is_pattern = true}));
  EXPECT_EQ(batch.agreement(3), SlotAgreement::kAlways);
  EXPECT_THAT(batch[3].keys, SizeIs(1));
}

TEST(CheckTemplatesTest, LetsPatternsOverAllKeysFanOut) {
  const CheckedBatch batch(
      {"KEYS user:<id>:*", "KEYS {user:<id>}:*", "KEYS user:<id>",
       "SCAN <cursor> MATCH {a}* COUNT 10", "SCAN 0 MATCH {a}* MATCH a*",
       "SCAN 0", "HSCAN h 0 MATCH {a}*"});
  EXPECT_EQ(batch.agreement(0), SlotAgreement::kNoKeys);
  EXPECT_EQ(batch[0].verdict, Verdict::kFanOut);
  EXPECT_THAT(batch[0].keys,
              ElementsAre(TemplateKey{.arg_index = 1, .is_pattern = true}));
  EXPECT_EQ(batch.agreement(1), SlotAgreement::kAlways);
  EXPECT_EQ(batch[1].keys[0].hashed, (ByteRange{1, 9}));
  EXPECT_EQ(batch.agreement(2), SlotAgreement::kAlways);
  EXPECT_EQ(batch[2].keys[0].hashed, (ByteRange{0, 9}));
  EXPECT_EQ(batch.agreement(3), SlotAgreement::kAlways);
  EXPECT_EQ(batch[3].keys[0].slot, HashSlot::OfKey("a"));
  EXPECT_EQ(batch[3].verdict, Verdict::kRefused);
  EXPECT_EQ(batch.agreement(4), SlotAgreement::kNoKeys);
  EXPECT_EQ(batch[4].keys[0].arg_index, 5);
  EXPECT_EQ(batch.agreement(5), SlotAgreement::kNoKeys);
  EXPECT_THAT(batch[5].keys, IsEmpty());
  EXPECT_THAT(batch[6].keys, SizeIs(1));
}

}  // namespace
}  // namespace slotplanner
