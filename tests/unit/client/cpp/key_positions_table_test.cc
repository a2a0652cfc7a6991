// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/key_positions_table.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "service/answers/key_positions_answer.h"
#include "tests/support/words.h"

namespace slotplanner {
namespace {

using google::protobuf::TextFormat;

v1::Command ToCommand(const std::string& text) {
  const Words words(text);
  v1::Command command;
  for (const std::string_view word : words.views()) {
    command.add_args(std::string(word));
  }
  return command;
}

std::string ToText(const v1::Command& command) {
  return absl::StrJoin(command.args(), " ",
                       [](std::string* out, const std::string& arg) {
                         *out += arg.empty() ? "''" : arg;
                       });
}

// The commands of Redis 7.0, and some that other servers have.
KeyPositionsTable MakeTable() {
  v1::GetKeyPositionsResponse positions;
  AnswerKeyPositions(*CommandCatalog::Redis70(), positions);
  v1::GetKeyPositionsResponse more;
  EXPECT_TRUE(TextFormat::ParseFromString(
      R"pb(
        commands {
          command: "msetex"
          ranges { first: 2 step: 2 count_index: 1 reads_behind: true }
        }
        commands {
          command: "json.mset"
          ranges { first: 1 last: -1 step: 3 }
        }
        commands {
          command: "tail"
          ranges { first: 1 last: 3 step: 2 reads_behind: true }
        }
        commands {
          command: "hostile"
          ranges { first: -7 last: -9 step: 0 }
          ranges { first: 2147483647 last: 2147483647 step: -1 }
          ranges { first: 1 step: 2147483647 count_index: 1 }
          ranges { first: 1 step: 1 count_index: -1 }
          ranges { first: 1 step: 1 count_index: 2147483647 }
        }
        commands {
          command: "hostile_words"
          reads_all: true
          hidden { word: "a" count: 2147483647 first: -5 }
          hidden { word: "b" count: -1 }
        }
      )pb",
      &more));
  positions.MergeFrom(more);
  return KeyPositionsTable(positions);
}

std::string Sent(const std::string& command) {
  static const KeyPositionsTable kTable = MakeTable();
  return ToText(kTable.WithoutValues(ToCommand(command)));
}

TEST(KeyPositionsTableTest, LeavesValuesOut) {
  EXPECT_EQ(Sent("SET k v EX 10"), "SET k '' '' ''");
  EXPECT_EQ(Sent("mset k v l w"), "mset k '' l ''");
  EXPECT_EQ(Sent("HSET k f v g w"), "HSET k '' '' '' ''");
  EXPECT_EQ(Sent("XADD k MAXLEN 10 * f v"), "XADD k '' '' '' '' ''");
  EXPECT_EQ(Sent("BITFIELD k SET u8 0 255"), "BITFIELD k '' '' '' ''");
  EXPECT_EQ(Sent("SPUBLISH c m"), "SPUBLISH c ''");
  EXPECT_EQ(Sent("PUBLISH c m"), "PUBLISH '' ''");
  EXPECT_EQ(Sent("JSON.MSET k $ 1 l $.a 2"), "JSON.MSET k '' '' l '' ''");
}

TEST(KeyPositionsTableTest, LeavesPasswordsOut) {
  EXPECT_EQ(Sent("AUTH u p"), "AUTH '' ''");
  EXPECT_EQ(Sent("HELLO 3 AUTH u p"), "HELLO '' '' '' ''");
  EXPECT_EQ(Sent("CONFIG SET requirepass p"), "CONFIG SET '' ''");
  EXPECT_EQ(Sent("ACL SETUSER u >p"), "ACL SETUSER '' ''");
  EXPECT_EQ(Sent("MIGRATE h 1 k 0 9 COPY auth p"),
            "MIGRATE h 1 k 0 9 COPY auth ''");
  EXPECT_EQ(Sent("MIGRATE h 1 '' 0 9 AUTH2 u keys KEYS k auth l auth2 m n"),
            "MIGRATE h 1 '' 0 9 AUTH2 '' '' KEYS k auth l auth2 m n");
  // The word behind AUTH is none itself.
  EXPECT_EQ(Sent("MIGRATE h 1 '' 0 9 AUTH auth KEYS k"),
            "MIGRATE h 1 '' 0 9 AUTH '' KEYS k");
  EXPECT_EQ(Sent("MIGRATE auth2 1 auth 0 9 AUTH2 u"),
            "MIGRATE auth2 1 auth 0 9 AUTH2 ''");
}

TEST(KeyPositionsTableTest, LeavesScriptsAndTheirArgumentsOut) {  // Rule B3.
  EXPECT_EQ(Sent("EVAL s 2 k l x"), "EVAL '' 2 k l ''");
  EXPECT_EQ(Sent("FCALL f 1 k x"), "FCALL '' 1 k ''");
  EXPECT_EQ(Sent("EVAL s 0 x"), "EVAL '' 0 ''");
  for (const std::string count :
       {"3", "-1", "+1", "01", "1.0", "x", "1000000000", "999999999"}) {
    EXPECT_EQ(Sent("EVAL s " + count + " k l"), "EVAL '' " + count + " '' ''");
  }
  EXPECT_EQ(Sent("EVAL s ''"), "EVAL '' ''");
  EXPECT_EQ(Sent("EVAL s"), "EVAL ''");
  EXPECT_EQ(Sent("SCRIPT LOAD s"), "SCRIPT LOAD ''");
  EXPECT_EQ(Sent("FUNCTION LOAD s"), "FUNCTION LOAD ''");
}

TEST(KeyPositionsTableTest, SendsWhatIsRead) {
  EXPECT_EQ(Sent("ZUNIONSTORE d 2 k l WEIGHTS 1 2"),
            "ZUNIONSTORE d 2 k l '' '' ''");
  EXPECT_EQ(Sent("XREAD COUNT 1 STREAMS k l 0 0"),
            "XREAD COUNT 1 STREAMS k l 0 0");
  EXPECT_EQ(Sent("SORT k BY w_* GET # STORE d"), "SORT k BY w_* GET # STORE d");
  EXPECT_EQ(Sent("GEORADIUS k 1 2 3 m STORE d"),
            "GEORADIUS k '' '' '' m STORE d");
  EXPECT_EQ(Sent("COPY k l DB 1"), "COPY k l DB 1");
  EXPECT_EQ(Sent("SELECT 1"), "SELECT 1");
  EXPECT_EQ(Sent("BLPOP k l 0"), "BLPOP k l ''");
  EXPECT_EQ(Sent("OBJECT ENCODING k"), "OBJECT ENCODING k");
  EXPECT_EQ(Sent("memory USAGE k SAMPLES 5"), "memory USAGE k '' ''");
}

TEST(KeyPositionsTableTest, SendsTheOptionsBehindKeys) {  // Rule C2.
  EXPECT_EQ(Sent("MSETEX 2 k v l w NX EX 9"), "MSETEX 2 k '' l '' NX EX 9");
  EXPECT_EQ(Sent("MSETEX 0 NX"), "MSETEX 0 NX");
  EXPECT_EQ(Sent("MSETEX 2 k v l"), "MSETEX 2 '' '' ''");
  EXPECT_EQ(Sent("TAIL k v l w x y"), "TAIL k '' l '' x y");
  EXPECT_EQ(Sent("TAIL k"), "TAIL k");
}

TEST(KeyPositionsTableTest, OfWhatIsNotListedSendsTheNameOnly) {  // Rule B9.
  EXPECT_EQ(Sent("NOSUCH k v"), "NOSUCH '' ''");
  EXPECT_EQ(Sent("OBJECT NOSUCH k"), "OBJECT NOSUCH ''");
  EXPECT_EQ(Sent("OBJECT"), "OBJECT");
  EXPECT_EQ(Sent("config|set a b"), "config|set '' ''");
  EXPECT_EQ(Sent("'' k"), "'' ''");
  EXPECT_EQ(Sent(""), "");
}

TEST(KeyPositionsTableTest, KnowsWhatIsListed) {
  const KeyPositionsTable table = MakeTable();
  for (const char* text : {"get", "GET k", "Object Encoding k", "OBJECT", ""}) {
    EXPECT_TRUE(table.Lists(ToCommand(text))) << text;
  }
  for (const char* text :
       {"NOSUCH", "OBJECT NOSUCH", "object|encoding k", "''", "OBJECT ''"}) {
    EXPECT_FALSE(table.Lists(ToCommand(text))) << text;
  }
}

TEST(KeyPositionsTableTest, SurvivesPositionsThatMakeNoSense) {
  EXPECT_EQ(Sent("HOSTILE 1 b c"), "HOSTILE 1 '' ''");
  EXPECT_EQ(Sent("HOSTILE 999999999 b"), "HOSTILE 999999999 ''");
  EXPECT_EQ(Sent("HOSTILE_WORDS b x a y z"), "HOSTILE_WORDS b x a '' ''");
}

TEST(KeyPositionsTableTest, KeepsTheRestOfARequest) {
  v1::PlanBatchRequest request;
  request.set_cluster("c");
  *request.add_commands() = ToCommand("SET k v");
  request.add_commands();
  request.set_read_preference(v1::READ_PREFERENCE_NEAREST);
  request.set_client_zone("z");
  request.set_split_policy(v1::SPLIT_POLICY_ATOMIC);
  request.set_outdated_topology_version("v");
  request.mutable_what_if()->set_even_shards(3);
  // A field that comes later must come here, too.
  const auto* descriptor = v1::PlanBatchRequest::descriptor();
  std::vector<const google::protobuf::FieldDescriptor*> set;
  v1::PlanBatchRequest::GetReflection()->ListFields(request, &set);
  ASSERT_EQ(static_cast<int>(set.size()), descriptor->field_count());

  v1::PlanBatchRequest expected = request;
  expected.mutable_commands(0)->set_args(2, "");
  EXPECT_EQ(MakeTable().WithoutValues(request).SerializeAsString(),
            expected.SerializeAsString());
}

}  // namespace
}  // namespace slotplanner
