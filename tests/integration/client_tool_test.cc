// SPDX-License-Identifier: Apache-2.0
// The tool against a planner in this process and scripted nodes.
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/strings/str_split.h"
#include "client/cli/tool.h"
#include "tests/integration/client_fake_planner.h"
#include "tests/support/fake_node.h"

namespace slotplanner::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

struct ToolRun {
  ExitCode code;
  std::string out;
  std::string err;
};

class ToolTest : public ::testing::Test {
 protected:
  ToolTest() { variables_["SLOTPLANNER_SERVER"] = planner_.target(); }

  ToolRun RunWith(const std::vector<std::string_view>& words,
                  const std::string& input = "") {
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream err;
    const auto variable =
        [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      if (found == variables_.end()) return std::nullopt;
      return found->second;
    };
    const ExitCode code = RunTool(
        words, {.in = in, .out = out, .err = err, .variable = variable});
    return {code, out.str(), err.str()};
  }

  // Plans the next command as one part for `node`, or refuses it.
  void PlanOnePart(const RespEndpoint& endpoint) {
    v1::PlanBatchResponse& plan = planner_.plan_batch.response;
    v1::NodePlan& node_plan = *plan.add_stages()->add_node_plans();
    node_plan.mutable_node()->set_host(endpoint.host);
    node_plan.mutable_node()->set_port(endpoint.port);
    node_plan.add_commands();
    v1::CommandPlan& command_plan = *plan.add_command_plans();
    command_plan.set_verdict(v1::VERDICT_SINGLE_SLOT);
    command_plan.set_part_count(1);
    command_plan.mutable_merge()->set_operation(v1::MERGE_OPERATION_SINGLE);
  }

  void Refuse() {
    v1::PlanBatchResponse refused;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
        R"pb(command_plans {
               verdict: VERDICT_REFUSED
               refusal {
                 reason: REFUSAL_REASON_CROSS_SLOT
                 message: "RENAME needs both keys in one slot."
                 keys { arg_index: 1 slot: 10778 }
                 remedies {
                   kind: REMEDY_KIND_HASH_TAG
                   description: "Give the keys one hash tag."
                 }
               }
             })pb",
        &refused));
    planner_.plan_batch.response.MergeFrom(refused);
  }

  FakePlanner planner_;
  std::map<std::string, std::string> variables_;
};

TEST_F(ToolTest, KeyslotPrintsTheSlotTheOwnerAndTheKey) {
  planner_.keyslot.response.set_slot(10778);
  EXPECT_EQ(RunWith({"keyslot", "user:1"}).out, "10778\t-\t\"user:1\"\n");
  v1::Node& owner = *planner_.keyslot.response.mutable_owner();
  owner.set_host("::1");
  owner.set_port(7001);
  const ToolRun run = RunWith({"keyslot", "--cluster=orders", "user:1"});
  EXPECT_EQ(run.code, ExitCode::kAnswered);
  EXPECT_EQ(run.out, "10778\t[::1]:7001\t\"user:1\"\n");
  EXPECT_EQ(planner_.keyslot.request().cluster(), "orders");
}

TEST_F(ToolTest, KeyslotAnswersInJsonOneDocumentALine) {
  EXPECT_EQ(RunWith({"keyslot", "--output=json", "", ""}).out,
            "{\"slot\":0,\"replicas\":[]}\n{\"slot\":0,\"replicas\":[]}\n");
}

TEST_F(ToolTest, ReadsKeysFromStandardInput) {
  RunWith({"group", "--escapes", "-"}, "plain\n\\xff\\n\n\nlast");
  EXPECT_THAT(planner_.group_keys.request().keys(),
              ElementsAre("plain", "\xff\n", "", "last"));
}

TEST_F(ToolTest, GroupPrintsOneLineAGroup) {
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(slots: [ 5061, 12182, 5061 ]
           groups {
             node_index: 0
             key_indexes: [ 0, 2 ]
           }
           groups { key_indexes: 1 }
           nodes { host: "10.0.0.1" port: 7000 })pb",
      &planner_.group_keys.response));
  EXPECT_EQ(RunWith({"group", "bar", "foo", "bar"}).out,
            "5061\t10.0.0.1:7000\t\"bar\"\t\"bar\"\n12182\t-\t\"foo\"\n");
  EXPECT_EQ(RunWith({"group", "--by=node", "bar", "foo", "bar"}).out,
            "10.0.0.1:7000\t\"bar\"\t\"bar\"\n-\t\"foo\"\n");
}

TEST_F(ToolTest, PlanPrintsWhatIsSentWhere) {
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(stages {
             node_plans {
               node { host: "n1" port: 7000 role: NODE_ROLE_REPLICA }
               requires_readonly: true
               commands {
                 slot: 5061
                 arg_indexes: [ 0, 2 ]
               }
             }
             node_plans {
               node { host: "n2" port: 7001 role: NODE_ROLE_PRIMARY }
               commands {
                 part_index: 1
                 slot: 12182
                 arg_indexes: [ -1, 1 ]
               }
             }
           }
           command_plans {
             verdict: VERDICT_SPLIT
             part_count: 2
             merge { operation: MERGE_OPERATION_GATHER }
             lost_guarantees: GUARANTEE_SNAPSHOT_READ
             retry_safety: RETRY_SAFETY_SAFE
           }
           literals: "mget"
           topology {
             version: "v1"
             confirm_time { seconds: 0 }
           })pb",
      &planner_.plan_batch.response));
  const ToolRun run = RunWith({"plan", "--", "MGET", "foo", "bar"});
  EXPECT_EQ(run.code, ExitCode::kAnswered);
  EXPECT_EQ(run.out, R"(verdict: SPLIT, 2 parts
merge: GATHER
lost guarantees: SNAPSHOT_READ
retry: SAFE
stage 1:
  replica n1:7000, READONLY:
    part 0, slot 5061: "MGET" "bar"
  primary n2:7001:
    part 1, slot 12182: "mget" "foo"
topology: v1, confirmed 1970-01-01T00:00:00Z
)");
  EXPECT_THAT(planner_.plan_batch.request().commands(0).args(),
              ElementsAre("MGET", "foo", "bar"));
}

TEST_F(ToolTest, PlanOfARefusedCommandNamesTheWaysOut) {
  Refuse();
  const ToolRun run = RunWith({"plan", "--", "RENAME", "a", "b"});
  EXPECT_EQ(run.code, ExitCode::kRefusedOrFailed);
  EXPECT_THAT(run.out, StartsWith("refused: CROSS_SLOT\n"
                                  "  RENAME needs both keys in one slot.\n"
                                  "  argument 1 is in slot 10778\n"
                                  "ways out:\n"
                                  "  HASH_TAG: Give the keys one hash tag.\n"));
}

TEST_F(ToolTest, PlanSendsTheTopologyToPlanOn) {
  Refuse();
  EXPECT_THAT(RunWith({"plan", "--shards=4", "--", "GET", "k"}).out,
              HasSubstr(", hypothetical\n"));
  EXPECT_EQ(planner_.plan_batch.request().what_if().even_shards(), 4);
  RunWith({"plan", "--topology=-", "--", "GET", "k"}, "reply\r\n");
  EXPECT_EQ(planner_.plan_batch.request().what_if().cluster_reply(),
            "reply\r\n");
  RunWith({"plan", "--", "GET", "k"});
  EXPECT_FALSE(planner_.plan_batch.request().has_what_if());
  const int calls = planner_.plan_batch.call_count();
  for (const std::vector<std::string_view>& wrong :
       std::vector<std::vector<std::string_view>>{
           {"plan", "--shards=0", "--", "GET", "k"},
           {"plan", "--shards=x", "--", "GET", "k"},
           {"plan", "--topology=/nowhere", "--", "GET", "k"},
           {"plan", "--topology=-", "--shards=3", "--", "GET", "k"},
           {"plan", "--topology=-", "--file=-"},
           {"exec", "--shards=3", "--", "GET", "k"},
           {"exec", "--topology=-", "--", "GET", "k"}}) {
    const ToolRun run = RunWith(wrong, "GET k\n");
    EXPECT_EQ(run.code, ExitCode::kWrongUsage);
    EXPECT_THAT(run.err, EndsWith("try slotplanner --help\n"));
  }
  EXPECT_EQ(planner_.plan_batch.call_count(), calls);
}

TEST_F(ToolTest, ExecPrintsTheReplyAsRedisCliDoes) {
  const FakeNode node(
      FakeScript()
          .Expect({"HGETALL", "\xff"})
          .Send(RespValue::Array({RespValue::String("f"), RespValue::Nil()}))
          .Stall());
  PlanOnePart(node.endpoint());
  const ToolRun run = RunWith({"exec", "--escapes", "--", "HGETALL", "\\xff"});
  EXPECT_EQ(run.code, ExitCode::kAnswered);
  EXPECT_EQ(run.out, "1) \"f\"\n2) (nil)\n");
  EXPECT_THAT(run.err, IsEmpty());
}

TEST_F(ToolTest, ExecAnswersInJson) {
  const FakeNode node(
      FakeScript().Expect({"GET", "k"}).Send(RespValue::String("v")).Stall());
  PlanOnePart(node.endpoint());
  EXPECT_EQ(RunWith({"exec", "--output=json", "--", "GET", "k"}).out,
            R"({"reply":{"type":"string","text":"v"},"parts":[{"node":")" +
                ToString(node.endpoint()) +
                R"(","outcome":"APPLIED"}],"planOutdated":false})"
                "\n");
}

TEST_F(ToolTest, ExecOfAnErrorReplyHasExitCode1) {
  const FakeNode node(FakeScript()
                          .Expect({"GET", "k"})
                          .Send(RespValue::Error("WRONGTYPE bad"))
                          .Stall());
  PlanOnePart(node.endpoint());
  const ToolRun run = RunWith({"exec", "--", "GET", "k"});
  EXPECT_EQ(run.code, ExitCode::kRefusedOrFailed);
  EXPECT_EQ(run.out, "(error) WRONGTYPE bad\n");
}

TEST_F(ToolTest, ExecOfARefusedCommandHasExitCode1) {
  Refuse();
  const ToolRun run = RunWith({"exec", "--", "RENAME", "a", "b"});
  EXPECT_EQ(run.code, ExitCode::kRefusedOrFailed);
  EXPECT_EQ(run.out,
            "(error) REFUSED RENAME needs both keys in one slot.\n"
            "ways out:\n"
            "  HASH_TAG: Give the keys one hash tag.\n");
}

TEST_F(ToolTest, ExecTakesThePasswordFromTheEnvironmentOrAFile) {
  variables_["SLOTPLANNER_REDIS_PASSWORD"] = "of the environment";
  FakeNode node(FakeScript()
                    .Expect({"AUTH", "of the environment"})
                    .Send(RespValue::Status("OK"))
                    .Expect({"PING"})
                    .Send(RespValue::Status("PONG"))
                    .Stall());
  PlanOnePart(node.endpoint());
  EXPECT_EQ(RunWith({"exec", "PING"}).out, "PONG\n");

  const std::string path = absl::StrCat(
      ::testing::TempDir(), "/client_tool_test_password.", getpid());
  std::ofstream(path) << "of the file\n";
  node.Play(FakeScript()
                .Expect({"AUTH", "reader", "of the file"})
                .Send(RespValue::Status("OK"))
                .Expect({"PING"})
                .Send(RespValue::Status("PONG"))
                .Stall());
  EXPECT_EQ(RunWith({"exec", "--redis_user=reader", "--redis_password_file",
                     path, "PING"})
                .out,
            "PONG\n");
}

TEST_F(ToolTest, ExecPlansAgainWhatANodeThatIsGoneDidNotGet) {
  const RefusingNode gone;
  PlanOnePart(gone.endpoint());
  planner_.plan_batch.AnswerNext(planner_.plan_batch.response);
  planner_.plan_batch.response.Clear();
  const FakeNode node(
      FakeScript().Expect({"GET", "k"}).Send(RespValue::String("v")).Stall());
  PlanOnePart(node.endpoint());
  EXPECT_EQ(RunWith({"exec", "--timeout=30s", "--", "GET", "k"}).out,
            "\"v\"\n");
  EXPECT_EQ(planner_.plan_batch.call_count(), 2);
}

TEST_F(ToolTest, ExecFindsRedirectionsByTheAddressMap) {
  const FakeNode owner(
      FakeScript().Expect({"GET", "k"}).Send(RespValue::String("v")).Stall());
  const FakeNode former(FakeScript()
                            .Expect({"GET", "k"})
                            .Send("-MOVED 7629 10.0.0.9:7000\r\n")
                            .Stall());
  PlanOnePart(former.endpoint());
  EXPECT_EQ(RunWith({"exec",
                     "--address_map=10.0.0.8=127.0.0.1,10.0.0.9:7000=" +
                         ToString(owner.endpoint()),
                     "--", "GET", "k"})
                .out,
            "\"v\"\n");
}

// Two commands: the first has a part on the node, the second is refused.
class ToolFileTest : public ToolTest {
 protected:
  ToolFileTest() {
    PlanOnePart(node_.endpoint());
    Refuse();
  }

  const FakeNode node_{
      FakeScript().Expect({"GET", "a b"}).Send(RespValue::String("v")).Stall()};
  const std::string batch_ = "# A batch.\nGET \"a b\"\n\nRENAME a b\n";
};

TEST_F(ToolFileTest, ExecRunsABatchAndPrintsOneReplyACommand) {
  const ToolRun run = RunWith({"exec", "--file=-", "--read_preference=nearest",
                               "--zone=a", "--split_policy=atomic"},
                              batch_);
  EXPECT_EQ(run.code, ExitCode::kRefusedOrFailed);
  EXPECT_EQ(run.out,
            "\"v\"\n(error) REFUSED RENAME needs both keys in one slot.\n"
            "ways out:\n"
            "  HASH_TAG: Give the keys one hash tag.\n");
  const v1::PlanBatchRequest request = planner_.plan_batch.request();
  ASSERT_EQ(request.commands_size(), 2);
  EXPECT_THAT(request.commands(0).args(), ElementsAre("GET", "a b"));
  EXPECT_THAT(request.commands(1).args(), ElementsAre("RENAME", "a", "b"));
  EXPECT_EQ(request.read_preference(), v1::READ_PREFERENCE_NEAREST);
  EXPECT_EQ(request.client_zone(), "a");
  EXPECT_EQ(request.split_policy(), v1::SPLIT_POLICY_ATOMIC);
}

TEST_F(ToolFileTest, ExecAnswersInJsonOneObjectACommand) {
  const std::string path =
      absl::StrCat(::testing::TempDir(), "/client_tool_test_batch.", getpid());
  std::ofstream(path) << batch_;
  const ToolRun run = RunWith({"exec", "--output=json", "--file", path});
  EXPECT_EQ(run.code, ExitCode::kRefusedOrFailed);
  EXPECT_EQ(run.out, R"({"reply":{"type":"string","text":"v"},)"
                     R"("parts":[{"node":")" +
                         ToString(node_.endpoint()) +
                         R"(","outcome":"APPLIED"}],"planOutdated":false})"
                         "\n"
                         R"({"reply":{"type":"error","text":"REFUSED RENAME )"
                         R"(needs both keys in one slot."},"parts":[],)"
                         R"("planOutdated":false})"
                         "\n");
}

TEST_F(ToolFileTest, PlanNumbersTheCommands) {
  const ToolRun run = RunWith({"plan", "--file=-"}, batch_);
  EXPECT_EQ(run.code, ExitCode::kRefusedOrFailed);
  EXPECT_THAT(run.out, StartsWith("command 1, verdict: SINGLE_SLOT, 1 part\n"));
  EXPECT_THAT(run.out, HasSubstr("\ncommand 2, refused: CROSS_SLOT\n"));
  EXPECT_THAT(run.out, HasSubstr("    command 1, part 0: \"GET\" \"a b\"\n"));
}

TEST_F(ToolTest, AMistakeInAFileIsOneLineAndExitCode2) {
  const ToolRun run = RunWith({"exec", "--file=-"}, "GET a\nGET \"a\n");
  EXPECT_EQ(run.code, ExitCode::kWrongUsage);
  EXPECT_EQ(run.err,
            "slotplanner: standard input:2: a quote is not closed; try "
            "slotplanner --help\n");
  EXPECT_EQ(planner_.plan_batch.call_count(), 0);
}

// The tool checks templates; the planner says the same of all lines.
class ToolLintTest : public ToolTest {
 protected:
  void Answer(const std::string& checks) {
    planner_.check_templates.response.Clear();
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
        checks, &planner_.check_templates.response));
  }

  ExitCode CodeFor(const std::string& checks, const char* flag = nullptr) {
    Answer(checks);
    std::vector<std::string_view> words = {"lint"};
    if (flag != nullptr) words.emplace_back(flag);
    words.emplace_back("-");
    return RunWith(words, "MGET a b\n").code;
  }
};

TEST_F(ToolLintTest, NumbersLinesAndNamesPlaceholders) {
  Answer(R"pb(checks {
                agreement: SLOT_AGREEMENT_ALWAYS
                verdict: VERDICT_SINGLE_SLOT
              }
              checks {
                agreement: SLOT_AGREEMENT_DEPENDS
                placeholders: [ "user", "order" ]
                keys {
                  arg_index: 1
                  hashed { offset: 1 length: 6 }
                }
                keys {
                  arg_index: 2
                  slot: 5061
                  hashed { length: 3 }
                }
                keys { arg_index: 3 is_pattern: true }
                verdict: VERDICT_REFUSED
                refusal {
                  reason: REFUSAL_REASON_CROSS_SLOT
                  message: "Nothing works."
                  remedies {
                    kind: REMEDY_KIND_HASH_TAG
                    description: "Give the keys one hash tag."
                  }
                }
              }
              checks {
                agreement: SLOT_AGREEMENT_ALWAYS
                verdict: VERDICT_ANY_NODE
                multi_index: 0
              })pb");
  const ToolRun run =
      RunWith({"lint", "--cluster=orders", "-"},
              "# Comment.\nGET <a>\n\n  SORT {<user>}:x bar \"y*\"\nEXEC\n");
  EXPECT_EQ(run.code, ExitCode::kRefusedOrFailed);
  EXPECT_EQ(run.out,
            "standard input:2: ALWAYS, SINGLE_SLOT\n"
            "standard input:4: FAILS: DEPENDS on <user>, <order>, REFUSED\n"
            "  \"{<user>}:x\" is hashed by \"<user>\"\n"
            "  \"bar\" is in slot 5061\n"
            "  pattern \"y*\" may be in several slots\n"
            "  Nothing works.\n"
            "ways out:\n"
            "  HASH_TAG: Give the keys one hash tag.\n"
            "standard input:5: ALWAYS, ANY_NODE, transaction from line 2\n"
            "2 of 3 commands pass: 2 ALWAYS, 1 DEPENDS\n");
  EXPECT_THAT(run.err, IsEmpty());
  const v1::CheckTemplatesRequest request = planner_.check_templates.request();
  EXPECT_EQ(request.cluster(), "orders");
  EXPECT_THAT(request.commands(1).args(),
              ElementsAre("SORT", "{<user>}:x", "bar", "y*"));
}

TEST_F(ToolLintTest, AnswersInJsonOneLineACommand) {
  Answer("checks { agreement: SLOT_AGREEMENT_NEVER verdict: VERDICT_SPLIT }");
  const ToolRun run = RunWith({"lint", "--output=json", "-"}, "\nMGET a b\n");
  EXPECT_EQ(run.code, ExitCode::kRefusedOrFailed);
  EXPECT_EQ(run.out,
            R"({"file":"standard input","line":2,"passes":false,"check":)"
            R"({"agreement":"SLOT_AGREEMENT_NEVER","placeholders":[],)"
            R"("keys":[],"verdict":"VERDICT_SPLIT"}})"
            "\n");
}

TEST_F(ToolLintTest, ExitCodesSayWhetherAllPass) {
  using enum ExitCode;
  const std::string always =
      "agreement: SLOT_AGREEMENT_ALWAYS verdict: VERDICT_SINGLE_SLOT";
  const std::string split =
      "agreement: SLOT_AGREEMENT_DEPENDS verdict: VERDICT_SPLIT";
  const std::string no_keys =
      "agreement: SLOT_AGREEMENT_NO_KEYS verdict: VERDICT_REFUSED ";
  EXPECT_EQ(CodeFor("checks { " + always + " }"), kAnswered);
  EXPECT_EQ(CodeFor("checks { " + split + " }"), kRefusedOrFailed);
  EXPECT_EQ(CodeFor("checks { " + split + " }", "--allow_split"), kAnswered);
  EXPECT_EQ(CodeFor("checks { agreement: SLOT_AGREEMENT_NEVER "
                    "verdict: VERDICT_REFUSED }",
                    "--allow_split"),
            kRefusedOrFailed);
  // A mistake, what each node is to be asked, and a slot that nobody serves.
  EXPECT_EQ(CodeFor("checks { " + no_keys +
                    "refusal { reason: REFUSAL_REASON_UNKNOWN_COMMAND } }"),
            kRefusedOrFailed);
  EXPECT_EQ(CodeFor("checks { " + no_keys +
                    "refusal { reason: REFUSAL_REASON_NOT_PLANNABLE remedies { "
                    "kind: REMEDY_KIND_PER_NODE } } }"),
            kAnswered);
  EXPECT_EQ(CodeFor("checks { " + no_keys +
                    "refusal { reason: REFUSAL_REASON_SLOT_UNASSIGNED } }"),
            kAnswered);
  // Not as many answers as commands.
  EXPECT_EQ(CodeFor(""), kRefusedOrFailed);
}

TEST_F(ToolLintTest, AWrongLineIsWrongUsageAndNothingIsChecked) {
  std::string input = "GET a\n";
  for (int i = 0; i < 7; ++i) input += "GET \"hunter2\n";
  const ToolRun run = RunWith({"lint", "-", "/nonexistent"}, input);
  EXPECT_EQ(run.code, ExitCode::kWrongUsage);
  EXPECT_THAT(run.out, IsEmpty());
  const std::vector<std::string> lines = absl::StrSplit(run.err, '\n');
  EXPECT_THAT(
      lines, ElementsAre("slotplanner: standard input:2: a quote is not closed",
                         "slotplanner: standard input:3: a quote is not closed",
                         "slotplanner: standard input:4: a quote is not closed",
                         "slotplanner: standard input:5: a quote is not closed",
                         "slotplanner: standard input:6: a quote is not closed",
                         "slotplanner: standard input: 2 more lines are wrong",
                         "slotplanner: cannot read /nonexistent", ""));
  EXPECT_EQ(planner_.check_templates.call_count(), 0);
  const ToolRun empty = RunWith({"lint", "-"}, "# Nothing.\n");
  EXPECT_EQ(empty.code, ExitCode::kWrongUsage);
  EXPECT_EQ(empty.err, "slotplanner: standard input has no command\n");
}

TEST_F(ToolTest, TopologyPrintsTheShards) {
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(topology {
             stamp {
               version: "v1"
               confirm_time { seconds: 0 }
             }
             shards {
               slot_ranges { first: 0 last: 5460 }
               primary { node_id: "aa" host: "n1" port: 7000 }
               replicas { node_id: "bb" host: "n2" port: 7001 }
             }
             unassigned_slot_count: 10923
             asked_node_count: 2
             agreeing_node_count: 2
           })pb",
      &planner_.get_topology.response));
  EXPECT_EQ(RunWith({"topology"}).out,
            R"(topology: v1, confirmed 1970-01-01T00:00:00Z
slots 0-5460:
  primary n1:7000 aa
  replica n2:7001 bb
unassigned slots: 10923
nodes asked: 2, agreeing: 2
)");
}

TEST_F(ToolTest, TopologyWatchPrintsEachNewOneOverRestartsOfTheServer) {
  const grpc::Status stopping(grpc::StatusCode::UNAVAILABLE, "stopping");
  planner_.watch_topology.ServeNext({"v1"}, stopping);
  planner_.watch_topology.ServeNext({"v1", "v2"}, stopping);
  planner_.watch_topology.ServeNext(
      {}, grpc::Status(grpc::StatusCode::NOT_FOUND, "No such cluster."));
  const ToolRun run = RunWith({"topology", "--watch", "--timeout=1ms"});
  EXPECT_EQ(run.code, ExitCode::kRefusedOrFailed);
  EXPECT_THAT(run.out, MatchesRegex("time: [-0-9]+T[:.0-9]+Z\n"
                                    "topology: v1, [^\n]*\n"
                                    "unassigned slots: 0\n"
                                    "nodes asked: 0, agreeing: 0\n"
                                    "\n"
                                    "time: [-0-9]+T[:.0-9]+Z\n"
                                    "topology: v2, [^\n]*\n"
                                    "unassigned slots: 0\n"
                                    "nodes asked: 0, agreeing: 0\n"));
  EXPECT_EQ(run.err,
            "slotplanner: UNAVAILABLE: stopping; trying to watch again\n"
            "slotplanner: UNAVAILABLE: stopping; trying to watch again\n"
            "slotplanner: NOT_FOUND: No such cluster.\n");
}

TEST_F(ToolTest, TopologyWatchAnswersInJsonOneDocumentALine) {
  planner_.watch_topology.ServeNext(
      {"v1", "v2"},
      grpc::Status(grpc::StatusCode::NOT_FOUND, "No such cluster."));
  const ToolRun run = RunWith({"topology", "--watch", "--output=json"});
  EXPECT_THAT(absl::StrSplit(run.out, '\n'),
              ElementsAre(HasSubstr(R"("version":"v1")"),
                          HasSubstr(R"("version":"v2")"), ""));
}

TEST_F(ToolTest, TopologyWatchEndsWhenNobodyListens) {
  planner_.watch_topology.ServeNext({"v1"}, std::nullopt);
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  out.setstate(std::ios::badbit);
  const std::string server = "--server=" + planner_.target();
  const std::vector<std::string_view> words = {"topology", server, "--watch"};
  EXPECT_EQ(
      RunTool(words,
              {.in = in,
               .out = out,
               .err = err,
               .variable = [](const std::string&) { return std::nullopt; }}),
      ExitCode::kRefusedOrFailed);
}

TEST_F(ToolTest, AFailedCallIsOneLineAndExitCode1) {
  planner_.get_topology.FailNext(
      {grpc::StatusCode::NOT_FOUND, "No cluster of that name is configured."});
  const ToolRun run = RunWith({"topology", "--cluster=none"});
  EXPECT_EQ(run.code, ExitCode::kRefusedOrFailed);
  EXPECT_EQ(run.err,
            "slotplanner: NOT_FOUND: No cluster of that name is configured.\n");
  EXPECT_THAT(run.out, IsEmpty());
}

TEST_F(ToolTest, WrongUsageIsOneLineAndExitCode2) {
  for (const std::vector<std::string_view>& words :
       std::vector<std::vector<std::string_view>>{
           {},
           {"bogus"},
           {"--bogus"},
           {"exec"},
           {"keyslot", "--"},
           {"topology", "extra"},
           {"exec", "--file=/nonexistent"},
           {"plan", "--file=-", "--", "PING"},
           {"group", "--file=-"},
           {"lint"},
           {"lint", "--file=-"},
           {"plan", "--allow_split", "PING"},
           {"exec", "--redis_password_file=/nonexistent", "PING"},
           {"exec", "--redis_tls_ca_file=/nonexistent", "PING"},
           {"exec", "--address_map=nowhere", "PING"},
           {"keyslot", "--watch", "k"}}) {
    const ToolRun run = RunWith(words);
    EXPECT_EQ(run.code, ExitCode::kWrongUsage);
    EXPECT_THAT(run.out, IsEmpty());
    EXPECT_THAT(run.err, StartsWith("slotplanner: "));
    EXPECT_EQ(run.err.find('\n'), run.err.size() - 1) << run.err;
  }
}

TEST_F(ToolTest, HelpNeedsNoServer) {
  variables_["SLOTPLANNER_SERVER"] = "127.0.0.1:1";
  EXPECT_THAT(RunWith({"--help"}).out,
              AllOf(HasSubstr("keyslot"), HasSubstr("group"), HasSubstr("plan"),
                    HasSubstr("exec"), HasSubstr("topology")));
  for (const std::string_view subcommand :
       {"keyslot", "group", "plan", "exec", "topology", "lint"}) {
    const ToolRun run = RunWith({subcommand, "--help"});
    EXPECT_EQ(run.code, ExitCode::kAnswered);
    EXPECT_THAT(run.out,
                AllOf(HasSubstr("Usage: slotplanner "),
                      HasSubstr("--server=TARGET"), HasSubstr("Exit codes: ")));
  }
}

}  // namespace
}  // namespace slotplanner::cli
