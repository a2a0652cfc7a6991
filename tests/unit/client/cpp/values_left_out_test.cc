// SPDX-License-Identifier: Apache-2.0
// The plan of a batch whose values were left out is the plan of the batch, byte
// for byte, whatever the commands and their arguments.
#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "client/cpp/key_positions_table.h"
#include "service/answers/key_positions_answer.h"
#include "service/answers/plan_answer.h"
#include "service/answers/plan_batch_input.h"
#include "service/commands/command_reply.h"
#include "tests/support/invocations.h"
#include "tests/support/plan_fixture.h"
#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

// What a planner may take for something else than a value: options, keywords,
// counts, keys with and without tags.
constexpr std::string_view kWords[] = {
    "",      "0",         "1",       "2",     "3",      "-1",    "01",
    "10",    "999999999", "+1",      "x",     "AUTH",   "auth2", "BLOCK",
    "BY",    "COPY",      "COUNT",   "DB",    "GET",    "GROUP", "keys",
    "LIMIT", "NOACK",     "nx",      "STORE", "ST",     "#",     "STREAMS",
    "XX",    "storedist", "w_*",     "{a}x",  "{b}y",   "a",     "b",
    "*",     "MULTI",     "REPLACE", "p{a}*", "config", "set",   "encoding"};

// Those that mean most to the commands of kOfTheirOwnKind.
constexpr std::string_view kKeywords[] = {
    "AUTH", "auth2", "keys",  "",   "STORE", "storedist",
    "BY",   "GET",   "BLOCK", "DB", "GROUP", "STREAMS"};

constexpr std::string_view kMigrateWords[] = {"AUTH", "auth2", "Keys", "COPY"};

// Commands whose keys or refusals take code to find.
constexpr std::string_view kOfTheirOwnKind[] = {
    "copy",    "georadius", "georadiusbymember", "migrate", "select", "sort",
    "sort_ro", "xread",     "xreadgroup"};

class ValuesLeftOutTest : public testing::Test {
 protected:
  int Below(int bound) {
    return std::uniform_int_distribution<int>(0, bound - 1)(random_);
  }

  template <size_t N>
  std::string_view OneOf(const std::string_view (&words)[N]) {
    return words[static_cast<size_t>(Below(N))];
  }

  std::string Word() {
    return std::string(Below(3) == 0 ? OneOf(kKeywords) : OneOf(kWords));
  }

  // One of few keys, so that commands share slots now and then.
  std::string Key() {
    return Below(4) == 0 ? Word() : absl::StrCat("{t", Below(3), "}", Below(9));
  }

  // Calls `info` as its specifications say, or as they do not.
  std::vector<std::string> CallOf(const CommandInfo& info) {
    std::vector<std::string> args;
    const std::function<std::string()> key = [this] { return Key(); };
    if (auto call = MakeInvocation(info, Below(4), key)) {
      args = std::move(call->args);
    } else if (info.name == "migrate" && Below(2) == 0) {
      args = {info.name, "h", "1", Below(2) == 0 ? "" : Key(), "0", "9"};
      for (int i = Below(8); i > 0; --i) {
        args.push_back(Below(2) == 0 ? Key()
                                     : std::string(OneOf(kMigrateWords)));
      }
    } else {
      args = {info.name};
      for (int i = Below(12); i > 0; --i) args.push_back(Word());
    }
    while (Below(3) == 0) args.push_back(Word());
    for (int i = Below(4); i > 0; --i) {
      const auto at = static_cast<size_t>(Below(static_cast<int>(args.size())));
      if (at == 0 && Below(20) != 0) continue;  // Mostly keep the name.
      switch (Below(3)) {
        case 0:
          args[at] = Word();
          break;
        case 1:
          args.insert(args.begin() + static_cast<std::ptrdiff_t>(at), Word());
          break;
        default:
          args.erase(args.begin() + static_cast<std::ptrdiff_t>(at));
          break;
      }
      if (args.empty()) args.emplace_back();
    }
    return args;
  }

  const CommandInfo& AnyOf(const CommandCatalog& catalog) {
    if (Below(5) == 0) return *catalog.Find(OneOf(kOfTheirOwnKind));
    const auto& commands = catalog.commands();
    const CommandInfo& info =
        commands[static_cast<size_t>(Below(static_cast<int>(commands.size())))];
    if (info.subcommands.empty() || Below(10) == 0) return info;
    return info.subcommands[static_cast<size_t>(
        Below(static_cast<int>(info.subcommands.size())))];
  }

  v1::PlanBatchRequest BatchOf(const CommandCatalog& catalog) {
    v1::PlanBatchRequest request;
    request.set_read_preference(static_cast<v1::ReadPreference>(Below(4)));
    request.set_split_policy(static_cast<v1::SplitPolicy>(Below(4)));
    const auto add = [&request](const std::vector<std::string>& args) {
      v1::Command& command = *request.add_commands();
      for (const std::string& arg : args) command.add_args(arg);
    };
    const bool is_transaction = Below(4) == 0;
    if (is_transaction) add({"MULTI"});
    for (int i = 1 + Below(4); i > 0; --i) add(CallOf(AnyOf(catalog)));
    if (is_transaction) add({"EXEC"});
    return request;
  }

  static std::string PlanOf(const v1::PlanBatchRequest& request,
                            const ClusterSnapshot& snapshot) {
    PlanBatchInput input((RequestLimits()));
    input.Take(request);
    const WireBytes bytes = ToResponse(MakePlan(input, snapshot), snapshot);
    return {reinterpret_cast<const char*>(bytes.data.get()), bytes.size};
  }

  // Expects equal plans of `count` batches. Returns how many arguments were
  // left out, over all.
  int64_t ExpectEqualPlans(const ClusterSnapshot& snapshot, int count) {
    v1::GetKeyPositionsResponse positions;
    AnswerKeyPositions(*snapshot.catalog, positions);
    const KeyPositionsTable table(positions);
    int64_t left_out = 0;
    for (int i = 0; i < count && !HasFailure(); ++i) {
      const v1::PlanBatchRequest request = BatchOf(*snapshot.catalog);
      const v1::PlanBatchRequest sent = table.WithoutValues(request);
      EXPECT_EQ(PlanOf(sent, snapshot), PlanOf(request, snapshot))
          << request.DebugString() << "was sent as\n"
          << sent.DebugString();
      for (int c = 0; c < request.commands_size(); ++c) {
        for (int a = 0; a < request.commands(c).args_size(); ++a) {
          left_out += request.commands(c).args(a) != sent.commands(c).args(a);
        }
      }
    }
    return left_out;
  }

  KeySpec AnySpec() {
    KeySpec spec;
    if (Below(3) != 0) {
      spec.begin_search = BeginSearchIndex{1 + Below(3)};
    } else if (Below(6) != 0) {
      const int from = 1 + Below(4);
      spec.begin_search = BeginSearchKeyword{Word(), Below(3) ? from : -from};
    }
    if (Below(2) == 0) {
      spec.find_keys = FindKeysRange{.last_key = Below(6) - 3,
                                     .key_step = 1 + Below(3),
                                     .limit = Below(4)};
    } else if (Below(6) != 0) {
      spec.find_keys = FindKeysKeynum{.keynum_index = Below(3),
                                      .first_key = Below(4),
                                      .key_step = 1 + Below(3)};
    }
    spec.incomplete = Below(12) == 0;
    return spec;
  }

  // Commands of no server, and the names that code knows, with any key
  // specifications.
  std::shared_ptr<const CommandCatalog> AnyCatalog() {
    std::vector<CommandInfo> commands;
    for (const char* name :
         {"a", "b", "config", "copy", "georadius", "georadiusbymember",
          "migrate", "msetex", "msetnx", "multi", "exec", "select", "sort",
          "sort_ro", "watch", "x", "xread", "xreadgroup"}) {
      CommandInfo info;
      info.name = name;
      info.arity = -1 - Below(4);
      info.is_write = Below(2) == 0;
      info.is_readonly = !info.is_write;
      info.is_blocking = Below(3) == 0;
      info.is_movable_keys = Below(2) == 0;
      info.request_policy = static_cast<RequestPolicy>(Below(5));
      info.response_policy = static_cast<ResponsePolicy>(Below(9));
      for (int i = Below(4); i > 0; --i) info.key_specs.push_back(AnySpec());
      if (info.name == "config") {
        CommandInfo subcommand = info;
        subcommand.name = "config|set";
        info.subcommands = {subcommand};
      }
      commands.push_back(std::move(info));
    }
    return std::make_shared<const CommandCatalog>(
        *CommandCatalog::FromCommandReply(ToCommandReply(commands)));
  }

  std::mt19937_64 random_{RandomSeed()};
};

TEST_F(ValuesLeftOutTest, ChangeNoPlanOfTheCommandsOfRedis) {
  ClusterSnapshot snapshot = ThreeShards();
  EXPECT_GT(ExpectEqualPlans(snapshot, 10'000), 10'000);
}

TEST_F(ValuesLeftOutTest, ChangeNoPlanWhileSlotsMove) {
  ClusterSnapshot snapshot = ThreeShards();
  const auto& shards = snapshot.topology->shards();
  for (const char* key : {"{t0}", "{t1}"}) {
    const HashSlot slot = HashSlot::OfKey(key);
    snapshot.migrations.push_back(
        {.slot = slot,
         .source_node_id = snapshot.topology->ShardOf(slot)->primary.node_id,
         .target_node_id = shards[0].primary.node_id});
  }
  std::sort(snapshot.migrations.begin(), snapshot.migrations.end(),
            [](const SlotMigration& a, const SlotMigration& b) {
              return a.slot < b.slot;
            });
  EXPECT_GT(ExpectEqualPlans(snapshot, 2'000), 2'000);
}

TEST_F(ValuesLeftOutTest, ChangeNoPlanOfCommandsOfAnyKind) {
  ClusterSnapshot snapshot = ThreeShards();
  int64_t left_out = 0;
  for (int i = 0; i < 500 && !HasFailure(); ++i) {
    snapshot.catalog = AnyCatalog();
    left_out += ExpectEqualPlans(snapshot, 20);
  }
  EXPECT_GT(left_out, 5'000);
}

}  // namespace
}  // namespace slotplanner
