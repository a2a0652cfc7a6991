// SPDX-License-Identifier: Apache-2.0
#include "service/commands/key_positions.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slotplanner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const CommandInfo& InfoOf(const std::string& name) {
  const auto catalog = CommandCatalog::Redis70();
  const size_t bar = name.find('|');
  const CommandInfo* info = catalog->Find(name.substr(0, bar));
  if (info != nullptr && bar != std::string::npos) {
    info = CommandCatalog::FindSubcommand(*info, name.substr(bar + 1));
  }
  EXPECT_NE(info, nullptr) << name;
  return *info;
}

std::vector<ReadRange> RangesOf(const std::string& name) {
  const KeyPositions positions = KeyPositionsOf(InfoOf(name));
  EXPECT_FALSE(positions.reads_all) << name;
  EXPECT_FALSE(positions.is_container) << name;
  EXPECT_THAT(positions.hidden, IsEmpty()) << name;
  return positions.ranges;
}

// A command of a module, with one key specification.
CommandInfo Of(KeySpec spec) {
  CommandInfo info;
  info.name = "x";
  info.arity = -2;
  info.key_specs = {std::move(spec)};
  return info;
}

TEST(KeyPositionsTest, TellTheKeysOfEachKeySpecification) {  // Rule B1.
  EXPECT_THAT(RangesOf("set"), ElementsAre(ReadRange{.first = 1, .last = 1}));
  EXPECT_THAT(RangesOf("mset"), ElementsAre(ReadRange{.step = 2}));
  EXPECT_THAT(RangesOf("mget"), ElementsAre(ReadRange{}));
  EXPECT_THAT(RangesOf("rename"),
              ElementsAre(ReadRange{.first = 1, .last = 1},
                          ReadRange{.first = 2, .last = 2}));
  EXPECT_THAT(RangesOf("blpop"), ElementsAre(ReadRange{.last = -2}));
  EXPECT_THAT(RangesOf("object|encoding"),
              ElementsAre(ReadRange{.first = 2, .last = 2}));
  EXPECT_THAT(RangesOf("eval"),
              ElementsAre(ReadRange{.first = 3, .count_arg = 2}));
  EXPECT_THAT(RangesOf("zunionstore"),
              ElementsAre(ReadRange{.first = 1, .last = 1},
                          ReadRange{.first = 3, .count_arg = 2}));
}

TEST(KeyPositionsTest, TellNothingOfWhatHasNoKeys) {
  for (const char* name :
       {"auth", "hello", "publish", "config|set", "acl|setuser", "script|load",
        "function|load", "ping", "echo", "wait", "flushall"}) {
    EXPECT_THAT(RangesOf(name), IsEmpty()) << name;
  }
  EXPECT_THAT(RangesOf("spublish"),  // Rule B8.
              ElementsAre(ReadRange{.first = 1, .last = 1}));
}

TEST(KeyPositionsTest, ContainersTellOfTheirSubcommandsOnly) {
  EXPECT_EQ(KeyPositionsOf(InfoOf("config")),
            (KeyPositions{.command = "config", .is_container = true}));
}

TEST(KeyPositionsTest, MigratesPasswordsAreHidden) {  // Rule B5.
  const KeyPositions migrate = KeyPositionsOf(InfoOf("migrate"));
  EXPECT_TRUE(migrate.reads_all);
  EXPECT_THAT(
      migrate.hidden,
      ElementsAre(HiddenArguments{.word = "auth", .count = 1, .first = 6},
                  HiddenArguments{.word = "auth2", .count = 2, .first = 6},
                  HiddenArguments{.word = "keys", .count = 0, .first = 6}));
}

TEST(KeyPositionsTest, OptionsOfGeoRadiusAreReadButNotItsMember) {  // Rule B7.
  EXPECT_THAT(RangesOf("georadiusbymember"),
              ElementsAre(ReadRange{.first = 1, .last = 1},
                          ReadRange{.first = 5, .last = -1}));
}

TEST(KeyPositionsTest, OptionsBehindTheKeysOfMsetexAreRead) {  // Rule C2.
  CommandInfo msetex =
      Of({.begin_search = BeginSearchIndex{1},
          .find_keys = FindKeysKeynum{
              .keynum_index = 0, .first_key = 1, .key_step = 2}});
  msetex.name = "msetex";
  EXPECT_THAT(
      KeyPositionsOf(msetex).ranges,
      ElementsAre(ReadRange{
          .first = 2, .step = 2, .count_arg = 1, .reads_behind = true}));
}

TEST(KeyPositionsTest, AKeywordMayBeAnywhereFromWhereItIsLookedFor) {  // B4.
  const FindKeysRange all = {.last_key = -1, .key_step = 2, .limit = 0};
  EXPECT_THAT(KeyPositionsOf(Of({.begin_search = BeginSearchKeyword{"IN", 3},
                                 .find_keys = all}))
                  .ranges,
              ElementsAre(ReadRange{.first = 3}));
  EXPECT_THAT(KeyPositionsOf(Of({.begin_search = BeginSearchKeyword{"IN", -2},
                                 .find_keys = all}))
                  .ranges,
              ElementsAre(ReadRange{.first = 1}));
}

TEST(KeyPositionsTest, NothingIsReadWhereThePlannerGivesUp) {
  EXPECT_THAT(KeyPositionsOf(Of(KeySpec{})).ranges, IsEmpty());
  CommandInfo info = Of(
      {.begin_search = BeginSearchIndex{1},
       .find_keys = FindKeysRange{.last_key = 0, .key_step = 1, .limit = 0}});
  info.key_specs.push_back(info.key_specs.front());
  info.key_specs.back().incomplete = true;
  EXPECT_THAT(KeyPositionsOf(info).ranges,
              ElementsAre(ReadRange{.first = 1, .last = 1}));
}

// Commands of which more is read than keys and key counts. Whatever comes to
// this list must have no values there.
TEST(KeyPositionsTest, OptionsAreReadOfTheseCommandsOnly) {
  std::vector<std::string> names;
  for (const KeyPositions& positions :
       KeyPositionsOf(*CommandCatalog::Redis70())) {
    if (positions.reads_all) names.emplace_back(positions.command);
  }
  EXPECT_THAT(names, ElementsAre("copy", "migrate", "select", "sort", "sort_ro",
                                 "xread", "xreadgroup"));
}

// Writes of which all arguments from some position on are read: keys, and the
// options of GEORADIUS. A new one must have no values there.
TEST(KeyPositionsTest, TheTailIsReadOfTheseWritesOnly) {
  const auto catalog = CommandCatalog::Redis70();
  std::vector<std::string> names;
  for (const CommandInfo& info : catalog->commands()) {
    const KeyPositions positions = KeyPositionsOf(info);
    const bool reads_tail = std::any_of(
        positions.ranges.begin(), positions.ranges.end(),
        [](const ReadRange& range) {
          return !range.count_arg && range.last < 0 && range.step == 1;
        });
    if (reads_tail && info.is_write) names.push_back(info.name);
  }
  EXPECT_THAT(
      names, ElementsAre("bitop", "blpop", "brpop", "bzpopmax", "bzpopmin",
                         "del", "georadius", "georadiusbymember", "pfmerge",
                         "sdiffstore", "sinterstore", "sunionstore", "unlink"));
}

TEST(KeyPositionsTest, AreThereOnceForEachCommandAndSubcommand) {
  const auto catalog = CommandCatalog::Redis70();
  const std::vector<KeyPositions> all = KeyPositionsOf(*catalog);
  size_t count = 0;
  for (const CommandInfo& info : catalog->commands()) {
    count += 1 + info.subcommands.size();
  }
  EXPECT_EQ(all.size(), count);
  for (size_t i = 1; i < all.size(); ++i) {
    EXPECT_LT(all[i - 1].command, all[i].command);
  }
}

}  // namespace
}  // namespace slotplanner
