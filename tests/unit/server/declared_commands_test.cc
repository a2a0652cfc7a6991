// SPDX-License-Identifier: Apache-2.0
#include "server/declared_commands.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "server/config_file.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

using testing::HasSubstr;
using testing::IsNull;
using testing::Not;
using testing::StartsWith;

// The catalog of the list `commands`, in YAML, or null and the first problem,
// as `path: problem`.
struct Reading {
  std::shared_ptr<const CommandCatalog> catalog;
  std::string error;
};

Reading Read(std::string_view commands) {
  const auto config = ParseConfig(
      absl::StrCat("clusters: [{commands: ", ToAbsl(commands), "}]"));
  EXPECT_TRUE(config.ok()) << config.status();
  if (!config.ok()) return {};
  Reading reading;
  reading.catalog = ReadDeclaredCommands(
      config->clusters(0).commands(),
      [&](std::string_view path, std::string_view problem) {
        if (!reading.error.empty()) return;
        reading.error = absl::StrCat(ToAbsl(path), ": ", ToAbsl(problem));
      });
  return reading;
}

std::shared_ptr<const CommandCatalog> CatalogOf(std::string_view commands) {
  const Reading reading = Read(commands);
  EXPECT_EQ(reading.error, "") << commands;
  EXPECT_THAT(reading.catalog, Not(IsNull())) << commands;
  return reading.catalog;
}

std::string ErrorOf(std::string_view commands) {
  const Reading reading = Read(commands);
  EXPECT_THAT(reading.catalog, IsNull()) << commands;
  return reading.error;
}

// The error of a good command to which `more` is added.
std::string ErrorWith(std::string_view more) {
  return ErrorOf(absl::StrCat("[{name: x, arity: -2, ", ToAbsl(more), "}]"));
}

// The error of a good command with one key specification; its parts in YAML.
std::string ErrorOfSpec(std::string_view begin_search,
                        std::string_view find_keys) {
  constexpr std::string_view kPath = "[0].key_specs[0].";
  const std::string error = ErrorWith(
      absl::StrCat("key_specs: [{begin_search: ", ToAbsl(begin_search),
                   ", find_keys: ", ToAbsl(find_keys), "}]"));
  EXPECT_THAT(error, StartsWith(std::string(kPath)));
  return error.substr(std::min(error.size(), kPath.size()));
}

TEST(ReadDeclaredCommandsTest, NoDeclarationIsNoCatalog) {
  EXPECT_EQ(Read("[]").catalog, nullptr);
  EXPECT_EQ(Read("[]").error, "");
}

TEST(ReadDeclaredCommandsTest, ReadsWhatAServerWouldTell) {
  const auto catalog = CatalogOf(R"([{
    name: JSON.MGET, arity: -3, flags: [readonly, module, fast],
    tips: [nondeterministic_output, nondeterministic_output_order,
           request_policy:multi_shard, response_policy:agg_sum],
    key_specs: [{begin_search: {index: 1}, flags: [RO, access],
                 find_keys: {range: {last_key: -2}}}]}])");
  const CommandInfo* mget = catalog->Find("json.mget");
  ASSERT_NE(mget, nullptr);
  EXPECT_EQ(mget->arity, -3);
  EXPECT_TRUE(mget->is_readonly);
  EXPECT_FALSE(mget->is_write);
  EXPECT_TRUE(mget->nondeterministic_output);
  EXPECT_TRUE(mget->nondeterministic_output_order);
  EXPECT_EQ(mget->request_policy, RequestPolicy::kMultiShard);
  EXPECT_EQ(mget->response_policy, ResponsePolicy::kAggSum);
  ASSERT_EQ(mget->key_specs.size(), 1u);
  const KeySpec& spec = mget->key_specs[0];
  EXPECT_EQ(std::get<BeginSearchIndex>(spec.begin_search).index, 1);
  const auto& range = std::get<FindKeysRange>(spec.find_keys);
  EXPECT_EQ(range.last_key, -2);
  EXPECT_EQ(range.key_step, 1);
  EXPECT_EQ(range.limit, 0);
}

TEST(ReadDeclaredCommandsTest, ReadsEveryKindOfKeySpecification) {
  const auto catalog = CatalogOf(R"([{
    name: x, arity: -2, flags: [write, blocking], key_specs: [
      {begin_search: {keyword: STREAMS},
       find_keys: {range: {last_key: -1, key_step: 2, limit: 2}}},
      {begin_search: {keyword: KEYS, start_from: -2}, flags: [not_key],
       find_keys: {keynum: {}}},
      {begin_search: {index: 2}, flags: [incomplete],
       find_keys: {keynum: {keynum_index: 3, first_key: 4, key_step: 5}}}]}])");
  const CommandInfo& x = *catalog->Find("X");
  EXPECT_TRUE(x.is_write);
  EXPECT_TRUE(x.is_blocking);
  ASSERT_EQ(x.key_specs.size(), 3u);

  const KeySpec& range = x.key_specs[0];
  EXPECT_EQ(std::get<BeginSearchKeyword>(range.begin_search).keyword,
            "STREAMS");
  EXPECT_EQ(std::get<BeginSearchKeyword>(range.begin_search).start_from, 1);
  EXPECT_EQ(std::get<FindKeysRange>(range.find_keys).key_step, 2);
  EXPECT_EQ(std::get<FindKeysRange>(range.find_keys).limit, 2);

  const KeySpec& defaults = x.key_specs[1];
  EXPECT_TRUE(defaults.not_key);
  EXPECT_EQ(std::get<BeginSearchKeyword>(defaults.begin_search).start_from, -2);
  EXPECT_EQ(std::get<FindKeysKeynum>(defaults.find_keys).keynum_index, 0);
  EXPECT_EQ(std::get<FindKeysKeynum>(defaults.find_keys).first_key, 1);
  EXPECT_EQ(std::get<FindKeysKeynum>(defaults.find_keys).key_step, 1);

  const KeySpec& keynum = x.key_specs[2];
  EXPECT_TRUE(keynum.incomplete);
  EXPECT_EQ(std::get<FindKeysKeynum>(keynum.find_keys).keynum_index, 3);
  EXPECT_EQ(std::get<FindKeysKeynum>(keynum.find_keys).first_key, 4);
  EXPECT_EQ(std::get<FindKeysKeynum>(keynum.find_keys).key_step, 5);
}

TEST(ReadDeclaredCommandsTest, TakesSubcommandsAndNamesOfModules) {
  const auto catalog = CatalogOf(
      "[{name: FT._ALIASLIST, arity: 1}, {name: my-mod|Sub_1.x, arity: 2}]");
  const CommandCatalog all = CommandCatalog::Redis70()->With(*catalog);
  EXPECT_NE(all.Find("ft._aliaslist"), nullptr);
  ASSERT_NE(all.Find("my-mod"), nullptr);
  EXPECT_NE(CommandCatalog::FindSubcommand(*all.Find("my-mod"), "SUB_1.X"),
            nullptr);
}

TEST(ReadDeclaredCommandsTest, RefusesWhatIsNoName) {
  for (const std::string& name :
       {std::string("''"), std::string("'a b'"), std::string("'|a'"),
        std::string("'a|'"), std::string("a|b|c"), std::string("\"\\0\""),
        std::string("gät"), std::string(129, 'x')}) {
    EXPECT_THAT(ErrorOf(absl::StrCat("[{name: ", name, ", arity: 2}]")),
                StartsWith("[0].name: a command's name has 1 to 128"))
        << name;
  }
  EXPECT_THAT(ErrorOf("[{arity: 2}]"), StartsWith("[0].name: "));
  CatalogOf(absl::StrCat("[{name: ", std::string(128, 'x'), ", arity: 2}]"));
}

TEST(ReadDeclaredCommandsTest, RefusesANameThatStandsTwice) {
  EXPECT_EQ(ErrorOf("[{name: a, arity: 2}, {name: b, arity: 2}, "
                    "{name: A, arity: 3}]"),
            "[2].name: stands in this list twice");
}

TEST(ReadDeclaredCommandsTest, RefusesAnArityThatIsNone) {
  EXPECT_THAT(ErrorOf("[{name: x}]"),
              StartsWith("[0].arity: must be the number of arguments"));
  EXPECT_THAT(ErrorOf("[{name: x, arity: 0}]"), StartsWith("[0].arity: "));
  EXPECT_EQ(ErrorOf("[{name: x, arity: 1000000}]"),
            "[0].arity: must be from -999999 to 999999");
  EXPECT_EQ(ErrorOf("[{name: x, arity: -2147483648}]"),
            "[0].arity: must be from -999999 to 999999");
}

TEST(ReadDeclaredCommandsTest, RefusesFlagsThatNoServerKnows) {
  EXPECT_EQ(ErrorWith("flags: [readonly, read_only]"),
            "[0].flags[1]: is no flag of a command");
  EXPECT_EQ(ErrorWith("flags: [WRITE]"),
            "[0].flags[0]: is no flag of a command");
  EXPECT_EQ(ErrorWith("flags: [readonly, write]"),
            "[0].flags: must not have both readonly and write");
  EXPECT_EQ(ErrorWith("key_specs: [{begin_search: {index: 1}, "
                      "find_keys: {range: {}}, flags: [RO, ro]}]"),
            "[0].key_specs[0].flags[1]: is no flag of a key specification");
}

TEST(ReadDeclaredCommandsTest, RefusesTipsThatNobodyFollows) {
  EXPECT_EQ(ErrorWith("tips: [deterministic]"), "[0].tips[0]: is no tip");
  EXPECT_EQ(ErrorWith("tips: [request_policy:every_shard]"),
            "[0].tips[0]: is no request policy");
  EXPECT_EQ(ErrorWith("tips: [request_policy:agg_sum]"),
            "[0].tips[0]: is no request policy");
  EXPECT_EQ(ErrorWith("tips: ['response_policy:']"),
            "[0].tips[0]: is no response policy");
  EXPECT_EQ(
      ErrorWith("tips: [request_policy:all_nodes, request_policy:all_shards]"),
      "[0].tips[1]: is a second one");
  EXPECT_EQ(
      ErrorWith("tips: [response_policy:agg_sum, response_policy:agg_sum]"),
      "[0].tips[1]: is a second one");
}

// Rule C1: a command is split along one key specification.
TEST(ReadDeclaredCommandsTest, RefusesToSplitWhatHasNotOneKeySpecification) {
  constexpr char kProblem[] =
      "[0].key_specs: must be exactly one, for request_policy:multi_shard";
  EXPECT_EQ(ErrorWith("tips: [request_policy:multi_shard]"), kProblem);
  EXPECT_EQ(ErrorWith("tips: [request_policy:multi_shard], key_specs: "
                      "[{begin_search: {index: 1}, find_keys: {range: {}}}, "
                      "{begin_search: {index: 2}, find_keys: {range: {}}}]"),
            kProblem);
}

TEST(ReadDeclaredCommandsTest, RefusesASearchThatBeginsNowhereOrTwice) {
  const auto error_of = [](std::string_view begin_search) {
    return ErrorOfSpec(begin_search, "{range: {}}");
  };
  EXPECT_EQ(error_of("{}"), "begin_search: must have either index or keyword");
  EXPECT_EQ(error_of("{index: 1, keyword: KEYS}"),
            "begin_search: must have either index or keyword");
  EXPECT_EQ(error_of("{start_from: 1}"),
            "begin_search: must have either index or keyword");
  EXPECT_EQ(error_of("{index: 0}"),
            "begin_search.index: must be from 1 to 999999");
  EXPECT_EQ(error_of("{keyword: ''}"),
            "begin_search.keyword: must not be empty");
  EXPECT_EQ(error_of("{keyword: KEYS, start_from: 0}"),
            "begin_search.start_from: must not be 0");
  EXPECT_EQ(error_of("{keyword: KEYS, start_from: -1000000}"),
            "begin_search.start_from: must be from -999999 to 999999");
  EXPECT_EQ(error_of("{index: 1, start_from: 1}"),
            "begin_search.start_from: goes with keyword only");
  EXPECT_EQ(ErrorWith("key_specs: [{find_keys: {range: {}}}]"),
            "[0].key_specs[0].begin_search: must have either index or keyword");
}

TEST(ReadDeclaredCommandsTest, RefusesKeysThatAreNowhereOrTwice) {
  const auto error_of = [](std::string_view find_keys) {
    return ErrorOfSpec("{index: 1}", find_keys);
  };
  EXPECT_EQ(error_of("{}"), "find_keys: must have either range or keynum");
  EXPECT_EQ(error_of("{range: {}, keynum: {}}"),
            "find_keys: must have either range or keynum");
  EXPECT_EQ(error_of("{range: {last_key: 1000000}}"),
            "find_keys.range.last_key: must be from -999999 to 999999");
  EXPECT_EQ(error_of("{range: {key_step: 0}}"),
            "find_keys.range.key_step: must be from 1 to 999999");
  EXPECT_EQ(error_of("{range: {last_key: -1, limit: -1}}"),
            "find_keys.range.limit: must be from 0 to 999999");
  EXPECT_EQ(error_of("{range: {last_key: -2, limit: 2}}"),
            "find_keys.range.limit: goes with last_key: -1 only");
  EXPECT_EQ(error_of("{keynum: {keynum_index: -1}}"),
            "find_keys.keynum.keynum_index: must be from 0 to 999999");
  EXPECT_EQ(error_of("{keynum: {first_key: -1}}"),
            "find_keys.keynum.first_key: must be from 0 to 999999");
  EXPECT_EQ(error_of("{keynum: {key_step: -1}}"),
            "find_keys.keynum.key_step: must be from 1 to 999999");
}

TEST(ReadDeclaredCommandsTest, NeverRepeatsWhatStandsInTheFile) {
  for (const char* commands :
       {"[{name: 'hunter2 ', arity: 2}]",
        "[{name: hunter2, arity: 2}, {name: hunter2, arity: 2}]",
        "[{name: x, arity: 2, flags: [hunter2]}]",
        "[{name: x, arity: 2, tips: [request_policy:hunter2]}]"}) {
    EXPECT_THAT(ErrorOf(commands), Not(HasSubstr("hunter2"))) << commands;
  }
}

}  // namespace
}  // namespace slotplanner
