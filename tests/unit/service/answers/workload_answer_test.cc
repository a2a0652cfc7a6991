// SPDX-License-Identifier: Apache-2.0
#include "service/answers/workload_answer.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "tests/support/plan_fixture.h"

namespace slotplanner {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

v1::AnalysisSettings Settings(bool show_keys, int32_t max_entries = 0) {
  v1::AnalysisSettings settings;
  settings.set_show_keys(show_keys);
  settings.set_max_entries(max_entries);
  return settings;
}

// The analysis of commands written as words, on three shards.
v1::AnalyzeWorkloadResponse Analyze(const std::vector<std::string>& texts,
                                    const v1::AnalysisSettings& settings) {
  const ClusterSnapshot snapshot = ThreeShards();
  const std::vector<Words> words(texts.begin(), texts.end());
  std::vector<CommandArgs> commands;
  commands.reserve(words.size());
  for (const Words& word : words) commands.emplace_back(word.views());
  WorkloadCounts counts;
  counts.Add(snapshot, commands);
  v1::AnalyzeWorkloadResponse response;
  FillWorkloadAnalysis(counts, {.current = &snapshot}, settings, response);
  return response;
}

const std::vector<std::string> kCommands = {
    "MGET user:1:cart user:1:name",   "MGET user:2:name user:2:cart",
    "MGET user:3:cart user:3:name",   "GET {user:1}:seen",
    "RENAME order:7:old order:7:new", "NOSUCH x"};

TEST(FillWorkloadAnalysisTest, TellsAllThatWasCounted) {
  const v1::AnalyzeWorkloadResponse response =
      Analyze(kCommands, Settings(/*show_keys=*/true));
  ASSERT_THAT(response.commands(), SizeIs(4));
  const v1::CommandLoad& mget = response.commands(0);
  EXPECT_EQ(mget.name(), "MGET");
  EXPECT_EQ(mget.calls(), 3);
  EXPECT_EQ(mget.split(), 3);
  EXPECT_EQ(mget.parts(), 6);
  EXPECT_EQ(mget.max_parts(), 2);
  EXPECT_EQ(response.commands(1).name(), "");
  EXPECT_EQ(response.commands(2).name(), "GET");
  EXPECT_EQ(response.commands(2).single_slot(), 1);
  EXPECT_EQ(response.commands(3).name(), "RENAME");
  EXPECT_EQ(response.total().calls(), 6);
  EXPECT_EQ(response.total().refused(), 2);
  EXPECT_EQ(response.keys().key_count(), 9);
  EXPECT_EQ(response.keys().tagged_key_count(), 1);
  EXPECT_EQ(response.use_error(), 0);
  EXPECT_EQ(response.topology().version(), ThreeShards().topology->version());
}

TEST(FillWorkloadAnalysisTest, GivesTheTagThatWouldJoinKeys) {
  const v1::AnalyzeWorkloadResponse response =
      Analyze(kCommands, Settings(/*show_keys=*/true));
  ASSERT_THAT(response.cross_slot_uses(), SizeIs(3));
  const v1::CrossSlotUse& use = response.cross_slot_uses(0);
  EXPECT_EQ(use.command(), "MGET");
  EXPECT_EQ(use.calls(), 2);
  EXPECT_THAT(use.key_templates(),
              ElementsAre("user:<n>:cart", "user:<n>:name"));
  EXPECT_THAT(use.keys(), ElementsAre("user:1:cart", "user:1:name"));
  ASSERT_FALSE(use.suggestions().empty());
  const v1::HashTagSuggestion& suggestion = use.suggestions(0);
  EXPECT_EQ(suggestion.tag(), "user:1");
  EXPECT_EQ(suggestion.slot(), HashSlot::OfKey("user:1").value());
  ASSERT_THAT(suggestion.renamings(), SizeIs(2));
  EXPECT_EQ(suggestion.renamings(1).key(), 1);
  EXPECT_EQ(suggestion.renamings(1).new_key(), "{user:1}:name");
  EXPECT_TRUE(suggestion.warnings().empty());
}

// Three characters and more of any argument would show.
TEST(FillWorkloadAnalysisTest, HoldsNoByteOfAKeyUnlessAsked) {
  const std::vector<std::string> commands = {"MGET zebra:1:cart zebra:1:name",
                                             "GET {okapi}:3",
                                             "SET yak:9 secret",
                                             "RENAME {gnu1}:a {gnu1}b:{gnu2}",
                                             "MULTI",
                                             "GET lynx:1:a",
                                             "GET lynx:1:b",
                                             "EXEC",
                                             "NOSUCH tapir"};
  const std::vector<std::string> secrets = {"zebra", "okapi", "yak:",  "gnu",
                                            "lynx",  "tapir", "secret"};
  const v1::AnalyzeWorkloadResponse hidden =
      Analyze(commands, Settings(/*show_keys=*/false));
  const std::string bytes = hidden.SerializeAsString();
  for (const std::string& secret : secrets) {
    EXPECT_THAT(bytes, Not(HasSubstr(secret)));
  }
  const v1::AnalyzeWorkloadResponse shown =
      Analyze(commands, Settings(/*show_keys=*/true));
  EXPECT_THAT(shown.SerializeAsString(), HasSubstr("zebra"));
  EXPECT_THAT(shown.SerializeAsString(), HasSubstr("lynx"));

  // All else is told: numbers, slots, and which keys to rename.
  ASSERT_THAT(hidden.cross_slot_uses(), SizeIs(shown.cross_slot_uses_size()));
  const v1::CrossSlotUse& use = hidden.cross_slot_uses(0);
  EXPECT_EQ(use.calls(), 1);
  ASSERT_FALSE(use.suggestions().empty());
  EXPECT_EQ(use.suggestions_size(),
            shown.cross_slot_uses(0).suggestions_size());
  EXPECT_FALSE(use.suggestions(0).renamings().empty());
  EXPECT_TRUE(MessageDifferencer::Equals(hidden.total(), shown.total()));
}

TEST(FillWorkloadAnalysisTest, HasNoMoreEntriesThanWanted) {
  const v1::AnalyzeWorkloadResponse response =
      Analyze(kCommands, Settings(/*show_keys=*/true, 1));
  ASSERT_THAT(response.commands(), SizeIs(1));
  EXPECT_EQ(response.commands(0).name(), "MGET");
  EXPECT_THAT(response.cross_slot_uses(), SizeIs(1));
  EXPECT_EQ(response.total().calls(), 6);
}

TEST(FillWorkloadAnalysisTest, SaysThatThereWasNothing) {
  const v1::AnalyzeWorkloadResponse response =
      Analyze({}, Settings(/*show_keys=*/true));
  EXPECT_TRUE(response.commands().empty());
  EXPECT_TRUE(response.has_total());
  EXPECT_EQ(response.total().calls(), 0);
  EXPECT_EQ(response.keys().key_count(), 0);
  EXPECT_TRUE(response.has_topology());
}

}  // namespace
}  // namespace slotplanner
