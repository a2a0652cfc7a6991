// SPDX-License-Identifier: Apache-2.0
// The keys that ParseCommand finds against those that a live server finds: by
// COMMAND GETKEYS, and by what a cluster's node answers, which is decided by
// other code of the server. Wants the environment variables
// SLOTPLANNER_STANDALONE and SLOTPLANNER_CLUSTER_NODE, both HOST:PORT.
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/commands/command_keys.h"
#include "service/resp/resp_connection.h"
#include "service/slots/hash_slot.h"
#include "tests/support/invocations.h"
#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

using testing::ElementsAreArray;

// A call, and its key positions.
using Call = Invocation;

std::string ToText(const Call& call) {
  std::string text;
  for (const std::string& arg : call.args) {
    absl::StrAppend(&text, text.empty() ? "" : " ", absl::CHexEscape(arg));
  }
  return text;
}

class Node {
 public:
  explicit Node(const char* variable) {
    const char* address = std::getenv(variable);
    if (address == nullptr) {
      ADD_FAILURE() << variable << " is not set";
      return;
    }
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(address, ':');
    int port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(parts.second, &port));
    auto connection = RespConnection::Connect(
        {.host = parts.first, .port = port}, absl::Now() + absl::Seconds(5));
    EXPECT_TRUE(connection.ok()) << connection.status();
    if (connection.ok()) connection_ = *std::move(connection);
  }

  RespValue Run(const std::vector<std::string>& args) {
    const std::vector<std::string_view> views(args.begin(), args.end());
    auto reply = connection_->Call(views, absl::Now() + absl::Seconds(10));
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? *std::move(reply) : RespValue::Nil();
  }

 private:
  std::unique_ptr<RespConnection> connection_;
};

// The commands whose keys need code, in forms that it must tell apart
// (rules B3 to B7).
std::vector<Call> SpecialCalls(const std::function<std::string()>& key) {
  const auto call = [&key](std::vector<std::string> words) {
    Call result;
    for (std::string& word : words) {
      if (word == "KEY") {
        result.key_positions.push_back(static_cast<int>(result.args.size()));
        word = key();
      }
      result.args.push_back(std::move(word));
    }
    return result;
  };
  return {
      call({"SORT", "KEY"}),
      call({"SORT", "KEY", "STORE", "KEY"}),
      call({"sort", "KEY", "limit", "0", "1", "desc", "store", "KEY"}),
      call({"SORT", "KEY", "STORE", "gone", "STORE", "KEY"}),
      call({"SORT", "KEY", "BY", "store", "STORE", "KEY"}),
      call({"SORT", "KEY", "GET", "#", "GET", "store", "STORE", "KEY"}),
      call({"SORT_RO", "KEY", "BY", "nosort"}),
      call({"MIGRATE", "127.0.0.1", "1", "KEY", "0", "10"}),
      call({"MIGRATE", "127.0.0.1", "1", "KEY", "0", "10", "COPY", "REPLACE"}),
      call({"MIGRATE", "127.0.0.1", "1", "", "0", "10", "KEYS", "KEY", "KEY"}),
      call({"MIGRATE", "127.0.0.1", "1", "", "0", "10", "AUTH", "keys", "KEYS",
            "KEY", "KEY"}),
      call({"MIGRATE", "127.0.0.1", "1", "", "0", "10", "COPY", "AUTH2", "u",
            "keys", "KEYS", "KEY"}),
      call({"GEORADIUS", "KEY", "1", "2", "3", "m"}),
      call({"GEORADIUS", "KEY", "1", "2", "3", "m", "STORE", "KEY"}),
      call({"GEORADIUS", "KEY", "1", "2", "3", "m", "storedist", "KEY"}),
      call({"GEORADIUSBYMEMBER", "KEY", "m", "3", "m", "STORE", "KEY"}),
      call({"EVAL", "return 1", "2", "KEY", "KEY", "x"}),
      call({"XREAD", "COUNT", "1", "BLOCK", "1", "STREAMS", "KEY", "KEY", "0",
            "0"}),
      call({"XREADGROUP", "GROUP", "streams", "c", "STREAMS", "KEY", ">"}),
      call({"XREADGROUP", "GROUP", "g", "streams", "NOACK", "STREAMS", "KEY",
            "KEY", ">", ">"}),
  };
}

class KeyPositionsTest : public testing::Test {
 protected:
  KeyPositionsTest()
      : catalog_(*CommandCatalog::FromCommandReply(node_.Run({"COMMAND"}))) {}

  // Random bytes behind `prefix`, never twice the same.
  std::string UniqueKey(const std::string& prefix) {
    std::string key = absl::StrCat(prefix, ++last_key_, ":");
    for (int i = 0; i < 4; ++i) key += static_cast<char>(random_());
    return key;
  }

  // Calls of every command and subcommand with keys, with one key and more.
  template <typename MakeKey>
  std::vector<Call> AllCalls(MakeKey make_key) {
    const std::function<std::string()> key = make_key;
    std::vector<Call> calls = SpecialCalls(key);
    for (const CommandInfo& command : catalog_.commands()) {
      AddCalls(command, key, calls);
      for (const CommandInfo& subcommand : command.subcommands) {
        AddCalls(subcommand, key, calls);
      }
    }
    return calls;
  }

  void AddCalls(const CommandInfo& info,
                const std::function<std::string()>& key,
                std::vector<Call>& calls) {
    // SpecialCalls has these: a made-up call with both destinations of
    // GEORADIUS, or without XREADGROUP's option, is none that a server routes.
    if (info.key_specs.empty() || info.name == "georadius" ||
        info.name == "georadiusbymember" || info.name == "xreadgroup") {
      return;
    }
    for (const int keys : {1, 2, 5}) {
      if (auto call = MakeInvocation(info, keys, key)) {
        calls.push_back(*std::move(call));
      }
    }
  }

  std::vector<int> PositionsOf(const Call& call) {
    const std::vector<std::string_view> views(call.args.begin(),
                                              call.args.end());
    const auto parsed = ParseCommand(catalog_, views);
    if (const auto* error = std::get_if<CommandError>(&parsed)) {
      ADD_FAILURE() << ToText(call) << ": " << error->message;
      return {};
    }
    std::vector<int> positions;
    for (const KeyRange& range : std::get<ParsedCommand>(parsed).key_ranges) {
      for (int i = 0; i < range.count; ++i) {
        positions.push_back(range.PositionOf(i));
      }
    }
    return positions;
  }

  Node node_{"SLOTPLANNER_STANDALONE"};
  CommandCatalog catalog_;
  std::mt19937_64 random_{RandomSeed()};
  int last_key_ = 0;
};

bool IsChannelCommand(const Call& call) {
  return call.args[0] == "spublish" ||
         absl::EndsWith(call.args[0], "subscribe");
}

TEST_F(KeyPositionsTest, AgreeWithCommandGetkeys) {  // Rules B1 to B5.
  std::set<std::string> names;
  for (const Call& call : AllCalls([this] { return UniqueKey("k"); })) {
    EXPECT_THAT(PositionsOf(call), ElementsAreArray(call.key_positions))
        << ToText(call);
    if (IsChannelCommand(call)) continue;  // Channels are no keys (rule B8).
    std::vector<std::string> args = {"COMMAND", "GETKEYS"};
    args.insert(args.end(), call.args.begin(), call.args.end());
    const RespValue reply = node_.Run(args);
    ASSERT_TRUE(reply.is_array()) << ToText(call) << ": " << reply.text;
    std::vector<std::string> keys;
    for (const RespValue& key : reply.elements) keys.push_back(key.text);
    std::vector<std::string> expected;
    for (const int position : call.key_positions) {
      expected.push_back(call.args[static_cast<size_t>(position)]);
    }
    EXPECT_EQ(keys, expected) << ToText(call);
    names.insert(absl::AsciiStrToLower(call.args[0]));
  }
  std::cout << "commands: " << names.size() << "\n";
  EXPECT_GT(names.size(), 150u);
}

// The slot that a node of a cluster answers with, "CROSSSLOT", or the error.
std::string AnswerOf(Node& node, const Call& call) {
  const RespValue reply = node.Run(call.args);
  if (!reply.is_error()) return "served";
  const std::vector<std::string> words = absl::StrSplit(reply.text, ' ');
  if (words[0] == "MOVED") return words[1];
  return words[0] == "CROSSSLOT" ? "CROSSSLOT" : reply.text;
}

TEST_F(KeyPositionsTest, AgreeWithHowANodeRoutes) {  // Rules A5, B5, B7, B8.
  Node node("SLOTPLANNER_CLUSTER_NODE");
  // A tag whose slot the node does not own, and one of another such slot.
  std::vector<std::string> tags;
  for (int i = 0; tags.size() < 2; ++i) {
    const std::string tag = absl::StrCat("{", i, "}");
    if (AnswerOf(node, {{"GET", tag}, {1}}) != "served") tags.push_back(tag);
  }
  const auto slot_text = [](const std::string& tag) {
    return absl::StrCat(HashSlot::OfKey(tag).value());
  };
  ASSERT_NE(slot_text(tags[0]), slot_text(tags[1]));

  for (const Call& call : AllCalls([&] { return UniqueKey(tags[0]); })) {
    // A shard subscription's refusal is MOVED too, but UNSUBSCRIBE is none.
    if (call.args[0] == "sunsubscribe") continue;
    EXPECT_EQ(AnswerOf(node, call), slot_text(tags[0])) << ToText(call);
    if (call.key_positions.size() < 2) continue;
    for (const int position : call.key_positions) {
      Call crossing = call;
      crossing.args[static_cast<size_t>(position)] = UniqueKey(tags[1]);
      EXPECT_EQ(AnswerOf(node, crossing), "CROSSSLOT") << ToText(crossing);
    }
  }
}

// COMMAND GETKEYS and the routing of the same server differ here: GETKEYS
// lists both destinations, routing takes the last one (rule B7).
TEST_F(KeyPositionsTest, FollowRoutingWhereGetkeysDiffers) {
  Node node("SLOTPLANNER_CLUSTER_NODE");
  std::string other;
  for (int i = 0; other.empty(); ++i) {
    const std::string tag = absl::StrCat("{", i, "}");
    if (AnswerOf(node, {{"GET", tag}, {1}}) != "served") other = tag;
  }
  const Call call{{"GEORADIUS", other + "k", "1", "2", "3", "m", "STORE",
                   other + "x{not the tag}", "STOREDIST", other + "d"},
                  {1, 9}};
  Call first_elsewhere = call;
  first_elsewhere.args[7] = "elsewhere";
  EXPECT_EQ(AnswerOf(node, first_elsewhere),
            absl::StrCat(HashSlot::OfKey(other).value()));
  EXPECT_THAT(PositionsOf(first_elsewhere), ElementsAreArray({1, 9}));
  Call last_elsewhere = call;
  last_elsewhere.args[9] = "elsewhere";
  EXPECT_EQ(AnswerOf(node, last_elsewhere), "CROSSSLOT");
}

}  // namespace
}  // namespace slotplanner
