// SPDX-License-Identifier: Apache-2.0
#include "service/commands/special_keys.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/words.h"

namespace slotplanner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ParsedCommand Parse(const std::string& command) {
  const Words words(command);
  auto parsed = ParseCommand(*CommandCatalog::Redis70(), words.views());
  if (const auto* error = std::get_if<CommandError>(&parsed)) {
    ADD_FAILURE() << command << ": " << error->message;
    return {};
  }
  return std::get<ParsedCommand>(parsed);
}

std::vector<int> KeysOf(const std::string& command) {
  std::vector<int> positions;
  for (const KeyRange& range : Parse(command).key_ranges) {
    for (int key = 0; key < range.count; ++key) {
      positions.push_back(range.PositionOf(key));
    }
  }
  return positions;
}

bool IsRefused(const std::string& command) {
  const Words words(command);
  return std::holds_alternative<CommandError>(
      ParseCommand(*CommandCatalog::Redis70(), words.views()));
}

TEST(SortKeysTest, TakesTheLastDestination) {  // Rule B5.
  EXPECT_THAT(KeysOf("SORT k"), ElementsAre(1));
  EXPECT_THAT(KeysOf("SORT k STORE d"), ElementsAre(1, 3));
  EXPECT_THAT(KeysOf("SORT k store d STORE e"), ElementsAre(1, 5));
  EXPECT_THAT(KeysOf("SORT k BY store STORE d"), ElementsAre(1, 5));
  EXPECT_THAT(KeysOf("SORT k LIMIT 0 5 GET # ALPHA DESC STORE d"),
              ElementsAre(1, 10));
  EXPECT_THAT(KeysOf("SORT_RO k BY x"), ElementsAre(1));
}

TEST(SortKeysTest, ReadsADestinationThatIsNamedLikeAnOptionAsTheServerDoes) {
  EXPECT_THAT(KeysOf("SORT k STORE d STORE STORE e"), ElementsAre(1, 6));
  EXPECT_THAT(KeysOf("SORT k STORE store ASC"), ElementsAre(1, 4));
  EXPECT_THAT(KeysOf("SORT k STORE by STORE x"), ElementsAre(1, 3));
  EXPECT_THAT(Parse("SORT k STORE get ASC").pattern_args, IsEmpty());
}

TEST(SortKeysTest, FindsPatternsThatNameKeys) {  // Rule B6.
  EXPECT_THAT(Parse("SORT k BY w_* GET # GET d_*->f").pattern_args,
              ElementsAre(3, 7));
  EXPECT_THAT(Parse("SORT k BY nosort").pattern_args, IsEmpty());
  EXPECT_THAT(Parse("SORT_RO k GET plain").pattern_args, ElementsAre(3));
}

TEST(MigrateKeysTest, FindsTheKeysBehindKeys) {  // Rule B5.
  EXPECT_THAT(KeysOf("MIGRATE h 6379 k 0 100"), ElementsAre(3));
  EXPECT_THAT(KeysOf("MIGRATE h 6379 k 0 100 COPY REPLACE"), ElementsAre(3));
  EXPECT_THAT(KeysOf("MIGRATE h 6379 '' 0 100 KEYS a b"), ElementsAre(7, 8));
  EXPECT_THAT(KeysOf("MIGRATE h 6379 '' 0 100 COPY AUTH keys KEYS a"),
              ElementsAre(10));
  EXPECT_THAT(KeysOf("MIGRATE h 6379 '' 0 100 AUTH2 keys keys KEYS a b"),
              ElementsAre(10, 11));
}

TEST(MigrateKeysTest, RefusesAKeyBesideKeys) {  // Rule B5.
  EXPECT_TRUE(IsRefused("MIGRATE h 6379 k 0 100 KEYS a"));
  EXPECT_TRUE(IsRefused("MIGRATE h 6379 '' 0 100 KEYS"));
}

TEST(GeoRadiusKeysTest, TakesTheLastDestination) {  // Rule B7.
  EXPECT_THAT(KeysOf("GEORADIUS k 1 2 3 m"), ElementsAre(1));
  EXPECT_THAT(KeysOf("GEORADIUS k 1 2 3 m STORE a STOREDIST b"),
              ElementsAre(1, 9));
  EXPECT_THAT(KeysOf("GEORADIUSBYMEMBER k m 3 km storedist b STORE a"),
              ElementsAre(1, 8));
  EXPECT_THAT(KeysOf("GEORADIUS_RO k 1 2 3 m"), ElementsAre(1));
}

TEST(XreadgroupKeysTest, PassesOverTheNamesOfGroupAndConsumer) {  // Rule B4.
  EXPECT_THAT(KeysOf("XREADGROUP GROUP streams streams STREAMS k l > >"),
              ElementsAre(5, 6));
  EXPECT_THAT(KeysOf("XREADGROUP NOACK GROUP streams streams STREAMS k >"),
              ElementsAre(6));
  EXPECT_THAT(
      KeysOf("XREADGROUP count 1 group streams streams block 1 streams k >"),
      ElementsAre(9));
}

TEST(XreadgroupKeysTest, RefusesAnOddTail) {  // Rule B4.
  EXPECT_TRUE(IsRefused("XREADGROUP NOACK GROUP g streams STREAMS k l >"));
  EXPECT_TRUE(IsRefused("XREADGROUP NOACK GROUP g streams BLOCK 1 STREAMS"));
}

// A server, or a file of declared commands, may say any arity.
TEST(SpecialKeysTest, ReadNothingBehindTheLastArgument) {
  for (const char* name : {"sort", "sort_ro", "migrate", "georadius",
                           "georadiusbymember", "xreadgroup"}) {
    CommandInfo info = *CommandCatalog::Redis70()->Find(name);
    info.arity = -1;
    std::vector<std::string_view> args = {info.name};
    for (size_t size = 1; size < 8; ++size, args.push_back("x")) {
      const auto result = FindKeys(info, args);
      const auto* parsed = std::get_if<ParsedCommand>(&result);
      if (parsed == nullptr) continue;
      for (const KeyRange& range : parsed->key_ranges) {
        EXPECT_LE(static_cast<size_t>(range.PositionOf(range.count - 1)),
                  size - 1)
            << name;
      }
    }
  }
}

}  // namespace
}  // namespace slotplanner
