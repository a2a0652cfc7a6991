// SPDX-License-Identifier: Apache-2.0
#include "service/commands/command_catalog.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "absl/strings/ascii.h"
#include "service/resp/resp_value.h"

namespace slotplanner {
namespace {

RespValue Texts(const std::vector<std::string>& texts) {
  std::vector<RespValue> elements;
  for (const std::string& text : texts) {
    elements.push_back(RespValue::String(text));
  }
  return RespValue::Array(elements);
}

// An entry as servers before 7.0 send it.
RespValue OldEntry(const std::string& name, int arity,
                   const std::vector<std::string>& flags, int first, int last,
                   int step) {
  return RespValue::Array({RespValue::String(name), RespValue::Integer(arity),
                           Texts(flags), RespValue::Integer(first),
                           RespValue::Integer(last), RespValue::Integer(step)});
}

// An entry as newer servers send it, with one key specification.
RespValue NewEntry(const std::string& name, RespValue key_spec,
                   std::vector<std::string> tips = {}) {
  RespValue entry = OldEntry(name, -2, {"readonly"}, 1, -1, 1);
  entry.elements.push_back(Texts({}));    // ACL categories.
  entry.elements.push_back(Texts(tips));  // Tips.
  entry.elements.push_back(RespValue::Array({std::move(key_spec)}));
  entry.elements.push_back(RespValue::Array({}));  // Subcommands.
  return entry;
}

// A key specification `index`, range(last_key, step, limit).
RespValue RangeSpec(int64_t index, int64_t last_key, int64_t step) {
  const auto field = [](const char* name) { return RespValue::String(name); };
  return RespValue::Array(
      {field("begin_search"),
       RespValue::Array(
           {field("type"), field("index"), field("spec"),
            RespValue::Array({field("index"), RespValue::Integer(index)})}),
       field("find_keys"),
       RespValue::Array(
           {field("type"), field("range"), field("spec"),
            RespValue::Array({field("lastkey"), RespValue::Integer(last_key),
                              field("keystep"), RespValue::Integer(step),
                              field("limit"), RespValue::Integer(0)})})});
}

TEST(Redis70CatalogTest, HoldsTheCommandsOfTheSnapshot) {
  const auto catalog = CommandCatalog::Redis70();
  EXPECT_EQ(catalog->commands().size(), 240u);  // COMMAND COUNT of 7.0.15.
  const CommandInfo* mget = catalog->Find("MGet");
  ASSERT_NE(mget, nullptr);
  EXPECT_EQ(mget->name, "mget");
  EXPECT_EQ(mget->arity, -2);
  EXPECT_TRUE(mget->is_readonly);
  EXPECT_EQ(mget->request_policy, RequestPolicy::kMultiShard);
  EXPECT_EQ(mget->response_policy, ResponsePolicy::kNone);
  ASSERT_EQ(mget->key_specs.size(), 1u);
}

TEST(Redis70CatalogTest, FindsEveryCommandInAnyCase) {
  const auto catalog = CommandCatalog::Redis70();
  for (const CommandInfo& info : catalog->commands()) {
    std::string name = absl::AsciiStrToUpper(info.name);
    EXPECT_EQ(catalog->Find(info.name), &info);
    EXPECT_EQ(catalog->Find(name), &info);
    name.front() = info.name.front();
    EXPECT_EQ(catalog->Find(name), &info);
  }
}

TEST(Redis70CatalogTest, KnowsSubcommandsInAnyCase) {  // Rule B2.
  const auto catalog = CommandCatalog::Redis70();
  const CommandInfo* xgroup = catalog->Find("XGROUP");
  ASSERT_NE(xgroup, nullptr);
  const CommandInfo* create = CommandCatalog::FindSubcommand(*xgroup, "cReAtE");
  ASSERT_NE(create, nullptr);
  EXPECT_EQ(create->name, "xgroup|create");
  EXPECT_EQ(CommandCatalog::FindSubcommand(*xgroup, "nope"), nullptr);
  EXPECT_EQ(catalog->Find("xgroup|create"), nullptr);
}

TEST(Redis70CatalogTest, FindsNothingUnderNamesThatAreNone) {
  const auto catalog = CommandCatalog::Redis70();
  EXPECT_EQ(catalog->Find(""), nullptr);
  EXPECT_EQ(catalog->Find(std::string(10'000, 'g')), nullptr);
  EXPECT_EQ(catalog->Find(std::string("get\0", 4)), nullptr);
  EXPECT_EQ(catalog->Find(std::string_view()), nullptr);
  // Differs from SORT_RO in bit 5 of one byte, as lower from upper case.
  EXPECT_EQ(catalog->Find("SORT\x7fRO"), nullptr);
}

TEST(CommandCatalogTest, ReadsKeywordAndKeynumSpecifications) {
  const auto catalog = CommandCatalog::Redis70();
  const KeySpec& xread = catalog->Find("xread")->key_specs.at(0);
  const auto& keyword = std::get<BeginSearchKeyword>(xread.begin_search);
  EXPECT_EQ(keyword.keyword, "STREAMS");
  EXPECT_EQ(keyword.start_from, 1);
  EXPECT_EQ(std::get<FindKeysRange>(xread.find_keys).limit, 2);
  const KeySpec& eval = catalog->Find("eval")->key_specs.at(0);
  EXPECT_EQ(std::get<FindKeysKeynum>(eval.find_keys).first_key, 1);
  EXPECT_TRUE(catalog->Find("sort")->key_specs.at(1).is_unknown());
  EXPECT_TRUE(catalog->Find("migrate")->key_specs.at(1).incomplete);
  EXPECT_TRUE(catalog->Find("spublish")->key_specs.at(0).not_key);
}

TEST(CommandCatalogTest, TakesOldServersAtTheirWordForNamesOnly) {
  const auto catalog = CommandCatalog::FromCommandReply(RespValue::Array(
      {OldEntry("mget", -2, {"readonly"}, 1, -1, 1),
       OldEntry("eval", -3, {"noscript", "movablekeys"}, 0, 0, 0),
       OldEntry("my.get", 3, {"readonly"}, 1, 2, 1),
       OldEntry("my.find", -2, {"movablekeys"}, 0, 0, 0)}));
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  EXPECT_EQ(catalog->Find("mget")->request_policy, RequestPolicy::kMultiShard);
  EXPECT_EQ(catalog->Find("eval")->key_specs.size(), 1u);
  EXPECT_EQ(catalog->Find("set"), nullptr);
  const KeySpec& own = catalog->Find("my.get")->key_specs.at(0);
  EXPECT_EQ(std::get<FindKeysRange>(own.find_keys).last_key, 1);
  EXPECT_TRUE(catalog->Find("my.find")->key_specs.at(0).is_unknown());
}

TEST(CommandCatalogTest, PassesOverCommandsThatWereRenamedAway) {
  const auto catalog = CommandCatalog::FromCommandReply(RespValue::Array(
      {RespValue::Nil(), OldEntry("get", 2, {"readonly"}, 1, 1, 1)}));
  ASSERT_TRUE(catalog.ok());
  EXPECT_EQ(catalog->commands().size(), 1u);
}

TEST(CommandCatalogTest, RefusesWhatIsNoCommandReply) {
  RespValue long_name = OldEntry(std::string(1000, 'x'), 2, {}, 1, 1, 1);
  RespValue bad_arity = OldEntry("x", 2, {}, 1, 1, 1);
  bad_arity.elements[1] = RespValue::Integer(int64_t{1} << 40);
  for (const RespValue& reply :
       {RespValue::Nil(), RespValue::Integer(1), RespValue::Error("ERR no"),
        RespValue::Array({}), RespValue::Array({RespValue::Integer(1)}),
        RespValue::Array({RespValue::Array({RespValue::String("get")})}),
        RespValue::Array({OldEntry("", 2, {}, 1, 1, 1)}),
        RespValue::Array({long_name}), RespValue::Array({bad_arity}),
        RespValue::Array(
            {OldEntry("a", 2, {}, 1, 1, 1), OldEntry("A", 2, {}, 1, 1, 1)})}) {
    EXPECT_EQ(CommandCatalog::FromCommandReply(reply).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(CommandCatalogTest, TreatsNumbersOutOfRangeAsUnknownKeys) {
  for (const RespValue& spec :
       {RangeSpec(0, -1, 1), RangeSpec(-3, -1, 1), RangeSpec(1, -1, 0),
        RangeSpec(1, -1, -1), RangeSpec(int64_t{1} << 40, -1, 1),
        RangeSpec(1, int64_t{1} << 40, 1), RespValue::Nil(),
        RespValue::Array({RespValue::String("flags")})}) {
    const auto catalog = CommandCatalog::FromCommandReply(
        RespValue::Array({NewEntry("x", spec)}));
    ASSERT_TRUE(catalog.ok());
    EXPECT_TRUE(catalog->Find("x")->key_specs.at(0).is_unknown());
  }
}

TEST(CommandCatalogTest, ReadsEveryPolicyAndTakesNewOnesAsSpecial) {
  const auto policy_of = [](const std::string& tip) {
    const auto catalog = CommandCatalog::FromCommandReply(
        RespValue::Array({NewEntry("x", RangeSpec(1, -1, 1), {tip})}));
    return *catalog->Find("x");
  };
  EXPECT_EQ(policy_of("request_policy:all_nodes").request_policy,
            RequestPolicy::kAllNodes);
  EXPECT_EQ(policy_of("request_policy:all_shards").request_policy,
            RequestPolicy::kAllShards);
  EXPECT_EQ(policy_of("request_policy:brand_new").request_policy,
            RequestPolicy::kSpecial);
  EXPECT_EQ(policy_of("response_policy:one_succeeded").response_policy,
            ResponsePolicy::kOneSucceeded);
  EXPECT_EQ(policy_of("response_policy:all_succeeded").response_policy,
            ResponsePolicy::kAllSucceeded);
  EXPECT_EQ(policy_of("response_policy:agg_logical_and").response_policy,
            ResponsePolicy::kAggLogicalAnd);
  EXPECT_EQ(policy_of("response_policy:agg_logical_or").response_policy,
            ResponsePolicy::kAggLogicalOr);
  EXPECT_EQ(policy_of("response_policy:agg_min").response_policy,
            ResponsePolicy::kAggMin);
  EXPECT_EQ(policy_of("response_policy:agg_max").response_policy,
            ResponsePolicy::kAggMax);
  EXPECT_EQ(policy_of("response_policy:agg_sum").response_policy,
            ResponsePolicy::kAggSum);
  EXPECT_EQ(policy_of("response_policy:brand_new").response_policy,
            ResponsePolicy::kSpecial);
  EXPECT_TRUE(policy_of("nondeterministic_output").nondeterministic_output);
  EXPECT_TRUE(
      policy_of("nondeterministic_output_order").nondeterministic_output_order);
}

TEST(CommandCatalogTest, TakesDeclaredCommandsInPlaceOfItsOwn) {
  const auto declared = CommandCatalog::FromCommandReply(
      RespValue::Array({NewEntry("get", RangeSpec(2, 0, 1)),
                        NewEntry("my.get", RangeSpec(1, 0, 1)),
                        NewEntry("object|encoding", RangeSpec(3, 0, 1)),
                        NewEntry("my|first", RangeSpec(2, 0, 1))}));
  ASSERT_TRUE(declared.ok());
  const CommandCatalog catalog = CommandCatalog::Redis70()->With(*declared);
  EXPECT_EQ(catalog.commands().size(), 242u);  // my.get and my beside 240.
  const auto index_of = [](const CommandInfo* info) {
    return std::get<BeginSearchIndex>(info->key_specs.at(0).begin_search).index;
  };
  EXPECT_EQ(index_of(catalog.Find("GET")), 2);
  EXPECT_EQ(index_of(catalog.Find("my.get")), 1);
  const CommandInfo& object = *catalog.Find("object");
  EXPECT_EQ(index_of(CommandCatalog::FindSubcommand(object, "encoding")), 3);
  EXPECT_NE(CommandCatalog::FindSubcommand(object, "freq"), nullptr);
  const CommandInfo& own = *catalog.Find("my");
  EXPECT_EQ(index_of(CommandCatalog::FindSubcommand(own, "FIRST")), 2);
  EXPECT_NE(catalog.Find("set"), nullptr);
}

}  // namespace
}  // namespace slotplanner
