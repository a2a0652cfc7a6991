// SPDX-License-Identifier: Apache-2.0
#include "service/commands/command_reply.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "service/resp/resp_parser.h"
#include "service/resp/resp_reply.h"

namespace slotplanner {
namespace {

using testing::ElementsAreArray;

// Over the wire and back.
CommandCatalog ReadBack(const std::string& command_reply) {
  RespParser parser(RespLimits{});
  parser.Feed(command_reply);
  return CommandCatalog::FromCommandReply(*parser.Next().value()).value();
}

TEST(ToCommandReplyTest, TheCommandsOfRedis70ReadBackTheSame) {
  const auto catalog = CommandCatalog::Redis70();
  const CommandCatalog again = ReadBack(catalog->command_reply());
  EXPECT_THAT(again.commands(), ElementsAreArray(catalog->commands()));
  EXPECT_EQ(again.version(), catalog->version());
}

TEST(ToCommandReplyTest, EveryPolicyFlagAndSearchReadsBackTheSame) {
  std::vector<CommandInfo> commands;
  const auto add = [&commands](CommandInfo info) {
    info.name = absl::StrCat("c", absl::Dec(commands.size(), absl::kZeroPad2));
    info.arity = -static_cast<int>(commands.size()) - 1;
    commands.push_back(std::move(info));
  };
  for (const auto policy :
       {RequestPolicy::kNone, RequestPolicy::kAllNodes,
        RequestPolicy::kAllShards, RequestPolicy::kMultiShard,
        RequestPolicy::kSpecial}) {
    CommandInfo info;
    info.request_policy = policy;
    add(info);
  }
  for (const auto policy :
       {ResponsePolicy::kOneSucceeded, ResponsePolicy::kAllSucceeded,
        ResponsePolicy::kAggLogicalAnd, ResponsePolicy::kAggLogicalOr,
        ResponsePolicy::kAggMin, ResponsePolicy::kAggMax,
        ResponsePolicy::kAggSum, ResponsePolicy::kSpecial}) {
    CommandInfo info;
    info.response_policy = policy;
    add(info);
  }
  for (bool CommandInfo::*const flag :
       {&CommandInfo::is_write, &CommandInfo::is_readonly,
        &CommandInfo::is_blocking, &CommandInfo::is_movable_keys,
        &CommandInfo::nondeterministic_output,
        &CommandInfo::nondeterministic_output_order}) {
    CommandInfo info;
    info.*flag = true;
    add(info);
  }
  KeySpec index;
  index.begin_search = BeginSearchIndex{.index = 3};
  index.find_keys = FindKeysRange{.last_key = -2, .key_step = 3, .limit = 2};
  KeySpec keyword;
  keyword.begin_search =
      BeginSearchKeyword{.keyword = "STREAMS", .start_from = -2};
  keyword.find_keys =
      FindKeysKeynum{.keynum_index = 1, .first_key = 2, .key_step = 3};
  keyword.not_key = true;
  KeySpec unknown;
  unknown.incomplete = true;
  CommandInfo container;
  container.key_specs = {index, keyword, unknown};
  CommandInfo subcommand = container;
  subcommand.name = "c19|sub";
  container.subcommands = {subcommand};
  add(container);
  ASSERT_EQ(commands.back().name, "c19");

  std::string wire;
  AppendReply(ToCommandReply(commands), wire);
  EXPECT_THAT(ReadBack(wire).commands(), ElementsAreArray(commands));
}

TEST(CatalogVersionTest, DiffersWithAnyDifference) {
  const auto redis70 = CommandCatalog::Redis70();
  std::vector<CommandInfo> commands = redis70->commands();
  commands.front().is_blocking = !commands.front().is_blocking;
  std::string wire;
  AppendReply(ToCommandReply(commands), wire);
  EXPECT_NE(ReadBack(wire).version(), redis70->version());
  EXPECT_EQ(redis70->version().size(), 32u);
}

}  // namespace
}  // namespace slotplanner
