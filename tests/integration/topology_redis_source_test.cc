// SPDX-License-Identifier: Apache-2.0
// The Redis source against nodes that play a script.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/commands/command_catalog.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_value.h"
#include "service/topology/redis_source.h"
#include "service/topology/source_spec.h"
#include "service/topology/topology_source.h"
#include "tests/support/cluster_replies.h"
#include "tests/support/fake_node.h"

namespace slotplanner {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string> kShards = {"CLUSTER", "SHARDS"};
const std::vector<std::string> kSlots = {"CLUSTER", "SLOTS"};
const std::vector<std::string> kCommand = {"COMMAND"};

// Far enough that only a hanging test reaches it.
absl::Time Later() { return absl::Now() + absl::Seconds(60); }
absl::Time Soon() { return absl::Now() + absl::Milliseconds(200); }

RedisSource SourceOf(std::vector<RespEndpoint> seeds) {
  return RedisSource({.seeds = std::move(seeds), .user = "", .password = ""});
}

// Answers as a cluster of one node does.
FakeScript Healthy(const FakeNode& node) {
  return FakeScript()
      .Expect(kShards)
      .Send(OneShardReply(node.endpoint()))
      .Expect(kCommand)
      .Send(CommandReply());
}

// The status of a read from a node that answers CLUSTER SHARDS with `bytes`.
absl::Status ReadShardsAnsweredBy(const std::string& bytes) {
  FakeNode node(FakeScript().Expect(kShards).Send(bytes).Stall());
  return SourceOf({node.endpoint()}).Read(Soon()).status();
}

TEST(RedisSourceTest, ReadsTopologyAndCommands) {
  FakeNode node;
  node.Play(Healthy(node));
  const absl::StatusOr<ClusterReading> reading =
      SourceOf({node.endpoint()}).Read(Later());
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(reading->topology->shards()[0].primary.port, node.endpoint().port);
  EXPECT_NE(reading->catalog->Find("GET"), nullptr);
}

TEST(RedisSourceTest, ReadsRepliesThatArriveByteByByte) {
  FakeNode node;
  node.Play(FakeScript()
                .Expect(kShards)
                .SendByteByByte(ToWire(OneShardReply(node.endpoint())))
                .Expect(kCommand)
                .SendByteByByte(ToWire(CommandReply())));
  EXPECT_TRUE(SourceOf({node.endpoint()}).Read(Later()).ok());
}

// Rule G1.
TEST(RedisSourceTest, AsksForSlotsWhereShardsAreUnknown) {
  for (const char* error :
       {"-ERR unknown subcommand 'SHARDS'. Try CLUSTER HELP.\r\n",
        "-ERR Unknown subcommand or wrong number of arguments for 'SHARDS'. "
        "Try CLUSTER HELP.\r\n"}) {
    FakeNode node;
    const RespValue slots = RespValue::Array({RespValue::Array(
        {RespValue::Integer(0), RespValue::Integer(16383),
         RespValue::Array({RespValue::String(""),
                           RespValue::Integer(node.endpoint().port),
                           RespValue::String(NodeId("a"))})})});
    node.Play(FakeScript()
                  .Expect(kShards)
                  .Send(error)
                  .Expect(kSlots)
                  .Send(slots)
                  .Expect(kCommand)
                  .Send(CommandReply()));
    const absl::StatusOr<ClusterReading> reading =
        SourceOf({node.endpoint()}).Read(Later());
    ASSERT_TRUE(reading.ok()) << reading.status();
    // Rule G2.
    EXPECT_EQ(reading->topology->shards()[0].primary.host, "127.0.0.1");
  }
}

TEST(RedisSourceTest, ReadsCommandsAgainOnlyWhenTheTopologyChanged) {
  FakeNode node;
  node.Play(Healthy(node));
  RedisSource source = SourceOf({node.endpoint()});
  const absl::StatusOr<ClusterReading> first = source.Read(Later());
  ASSERT_TRUE(first.ok()) << first.status();

  // COMMAND would fail the test here.
  node.Play(FakeScript()
                .Expect(kShards)
                .Send(OneShardReply(node.endpoint()))
                .Expect({"nothing more"}));
  const absl::StatusOr<ClusterReading> second = source.Read(Later());
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->topology, first->topology);
  EXPECT_EQ(second->catalog, first->catalog);

  node.Play(FakeScript()
                .Expect(kShards)
                .Send(RespValue::Array({ShardReply(
                    {0, 99}, {NodeReply({.id = "a", .at = node.endpoint()})})}))
                .Expect(kCommand)
                .Send(CommandReply()));
  const absl::StatusOr<ClusterReading> third = source.Read(Later());
  ASSERT_TRUE(third.ok()) << third.status();
  EXPECT_EQ(third->topology->unassigned_slot_count(), 16284);
  EXPECT_NE(third->catalog, first->catalog);
}

TEST(RedisSourceTest, AuthenticatesFirst) {
  FakeNode node;
  const auto script = [&](std::vector<std::string> auth) {
    return FakeScript()
        .Expect(std::move(auth))
        .Send("+OK\r\n")
        .Expect(kShards)
        .Send(OneShardReply(node.endpoint()))
        .Expect(kCommand)
        .Send(CommandReply());
  };
  node.Play(script({"AUTH", "planner", "sesame"}));
  EXPECT_TRUE(
      RedisSource(
          {.seeds = {node.endpoint()}, .user = "planner", .password = "sesame"})
          .Read(Later())
          .ok());
  node.Play(script({"AUTH", "sesame"}));
  EXPECT_TRUE(
      RedisSource(
          {.seeds = {node.endpoint()}, .user = "", .password = "sesame"})
          .Read(Later())
          .ok());
}

TEST(RedisSourceTest, NeverRepeatsThePassword) {
  FakeNode node(FakeScript()
                    .Expect({"AUTH", "planner", "sesame"})
                    .Send("-WRONGPASS no planner with sesame\r\n"));
  const absl::Status status =
      RedisSource(
          {.seeds = {node.endpoint()}, .user = "planner", .password = "sesame"})
          .Read(Later())
          .status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr("WRONGPASS"));
  EXPECT_THAT(status.message(), Not(HasSubstr("sesame")));
}

TEST(RedisSourceTest, SaysWhatToDoAboutTheErrorsOfANode) {
  EXPECT_THAT(
      ReadShardsAnsweredBy("-NOAUTH Authentication required.\r\n").message(),
      HasSubstr("wants a password"));
  EXPECT_THAT(ReadShardsAnsweredBy("-NOPERM this user has no permissions\r\n")
                  .message(),
              HasSubstr("+cluster|shards"));
  EXPECT_THAT(ReadShardsAnsweredBy(
                  "-ERR This instance has cluster support disabled\r\n")
                  .message(),
              HasSubstr("cluster support is disabled"));
  EXPECT_THAT(ReadShardsAnsweredBy("-LOADING \xff\x1b[31m\r\n").message(),
              HasSubstr("\"LOADING \\xff\\x1b[31m\""));
}

// Answers as a cluster of one node does, but COMMAND with `error`.
FakeScript Hiding(const FakeNode& node, const std::string& error) {
  return FakeScript()
      .Expect(kShards)
      .Send(OneShardReply(node.endpoint()))
      .Expect(kCommand)
      .Send(error);
}

constexpr char kNoPerm[] =
    "-NOPERM this user has no permissions to run the 'command' command\r\n";

// The errors of Redis 7.0.15 to a user whose ACL lacks it and to everybody when
// it is renamed away, and that of Redis 5.
TEST(RedisSourceTest, TheCommandsOfRedis70StandInForHiddenOnes) {
  for (const char* error :
       {kNoPerm,
        "-ERR unknown command 'COMMAND', with args beginning with: \r\n",
        "-ERR unknown command `COMMAND`, with args beginning with: \r\n"}) {
    FakeNode node;
    node.Play(Hiding(node, error));
    const absl::StatusOr<ClusterReading> reading =
        SourceOf({node.endpoint()}).Read(Later());
    ASSERT_TRUE(reading.ok()) << reading.status();
    EXPECT_TRUE(reading->hides_commands);
    EXPECT_EQ(reading->catalog, CommandCatalog::Redis70());
  }
}

TEST(RedisSourceTest, ReadsHiddenCommandsAsSoonAsItMay) {
  FakeNode node;
  node.Play(Hiding(node, kNoPerm));
  RedisSource source = SourceOf({node.endpoint()});
  const absl::StatusOr<ClusterReading> hidden = source.Read(Later());
  ASSERT_TRUE(hidden.ok()) << hidden.status();
  EXPECT_EQ(source.Read(Later())->catalog, hidden->catalog);
  EXPECT_TRUE(source.Read(Later())->hides_commands);

  node.Play(Healthy(node));
  const absl::StatusOr<ClusterReading> shown = source.Read(Later());
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_FALSE(shown->hides_commands);
  EXPECT_EQ(shown->topology, hidden->topology);
  EXPECT_EQ(shown->catalog->commands().size(), 1u);

  // COMMAND would fail the test here.
  node.Play(FakeScript()
                .Expect(kShards)
                .Send(OneShardReply(node.endpoint()))
                .Expect({"nothing more"}));
  EXPECT_EQ(source.Read(Later())->catalog, shown->catalog);
}

TEST(RedisSourceTest, KeepsTheCommandsThatItReadBeforeTheyWereHidden) {
  FakeNode node;
  node.Play(Healthy(node));
  RedisSource source = SourceOf({node.endpoint()});
  const absl::StatusOr<ClusterReading> shown = source.Read(Later());
  ASSERT_TRUE(shown.ok()) << shown.status();

  node.Play(FakeScript()
                .Expect(kShards)
                .Send(RespValue::Array({ShardReply(
                    {0, 99}, {NodeReply({.id = "a", .at = node.endpoint()})})}))
                .Expect(kCommand)
                .Send(kNoPerm));
  const absl::StatusOr<ClusterReading> hidden = source.Read(Later());
  ASSERT_TRUE(hidden.ok()) << hidden.status();
  EXPECT_EQ(hidden->topology->unassigned_slot_count(), 16284);
  EXPECT_EQ(hidden->catalog, shown->catalog);
  EXPECT_FALSE(hidden->hides_commands);
}

TEST(RedisSourceTest, LaysDeclaredCommandsOverThoseThatStandIn) {
  RespValue declared = CommandReply();
  declared.elements[0].elements[0] = RespValue::String("MY.GET");
  FakeNode node;
  node.Play(Hiding(node, kNoPerm));
  const auto source = MakeTopologySource(
      RedisSourceSpec{.seeds = {node.endpoint()}, .user = "", .password = ""},
      std::make_shared<const CommandCatalog>(
          CommandCatalog::FromCommandReply(declared).value()));
  const absl::StatusOr<ClusterReading> hidden = source->Read(Later());
  ASSERT_TRUE(hidden.ok()) << hidden.status();
  EXPECT_NE(hidden->catalog->Find("my.get"), nullptr);
  EXPECT_NE(hidden->catalog->Find("mget"), nullptr);

  node.Play(Healthy(node));
  const absl::StatusOr<ClusterReading> shown = source->Read(Later());
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_NE(shown->catalog->Find("my.get"), nullptr);
  EXPECT_EQ(shown->catalog->Find("mget"), nullptr);
}

TEST(RedisSourceTest, OtherErrorsToCommandFailTheRead) {
  FakeNode node;
  node.Play(Hiding(node, "-LOADING Redis is loading the dataset\r\n"));
  const absl::Status status =
      SourceOf({node.endpoint()}).Read(Later()).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr("COMMAND was answered by"));
}

TEST(RedisSourceTest, RefusesWrongRepliesAndSaysWhere) {
  for (const char* bytes :
       {"+OK\r\n", ":1\r\n", "$-1\r\n", "*1\r\n+x\r\n",
        "*1\r\n*4\r\n$5\r\nslots\r\n:1\r\n$5\r\nnodes\r\n*0\r\n"}) {
    const absl::Status status = ReadShardsAnsweredBy(bytes);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << bytes;
    EXPECT_THAT(status.message(),
                HasSubstr("CLUSTER SHARDS is wrong at shards"));
  }
}

TEST(RedisSourceTest, RefusesAViewInWhichASlotHasTwoOwners) {
  const RespValue a = NodeReply({.id = "a", .at = {.host = "h", .port = 1}});
  const RespValue b = NodeReply({.id = "b", .at = {.host = "h", .port = 2}});
  const absl::Status status = ReadShardsAnsweredBy(ToWire(
      RespValue::Array({ShardReply({0, 9}, {a}), ShardReply({9, 20}, {b})})));
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr("Slot 9"));
}

TEST(RedisSourceTest, RefusesHugeAndEndlesslyNestedReplies) {
  EXPECT_TRUE(absl::IsInvalidArgument(ReadShardsAnsweredBy("*1000000000\r\n")));
  std::string nesting;
  for (int i = 0; i < 100'000; ++i) nesting += "*1\r\n";
  EXPECT_TRUE(absl::IsInvalidArgument(ReadShardsAnsweredBy(nesting)));
  EXPECT_TRUE(absl::IsInvalidArgument(
      ReadShardsAnsweredBy("HTTP/1.1 400 Bad Request\r\n\r\n")));
}

TEST(RedisSourceTest, StallsAndTruncatedRepliesEndAtTheDeadline) {
  for (const char* bytes : {"", "*", "*3\r\n*4\r\n$5\r\nslo",
                            "$10737418240\r\nabc", "*1000000\r\n"}) {
    const absl::Status status = ReadShardsAnsweredBy(bytes);
    EXPECT_TRUE(absl::IsUnavailable(status)) << bytes << ": " << status;
  }
}

TEST(RedisSourceTest, NodesThatHangUpAreUnavailable) {
  for (const FakeScript& script :
       {FakeScript(), FakeScript().Expect(kShards),
        FakeScript().Expect(kShards).Send("*3\r\n*4\r\n")}) {
    FakeNode node(script);
    const absl::Status status =
        SourceOf({node.endpoint()}).Read(Later()).status();
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_THAT(status.message(), HasSubstr(ToString(node.endpoint())));
  }
}

TEST(RedisSourceTest, GoesOnToTheNextSeed) {
  const RefusingNode dead;
  FakeNode stalling(FakeScript().Expect(kShards).Stall());
  FakeNode broken(FakeScript().Expect(kShards).Send("+what\r\n"));
  FakeNode alone;
  alone.Play(FakeScript().Expect(kShards).Send(RespValue::Array(
      {ShardReply({}, {NodeReply({.id = "a", .at = alone.endpoint()})})})));
  FakeNode good;
  good.Play(Healthy(good));
  RedisSource source =
      SourceOf({dead.endpoint(), stalling.endpoint(), broken.endpoint(),
                alone.endpoint(), good.endpoint()});
  const absl::StatusOr<ClusterReading> reading =
      source.Read(absl::Now() + absl::Seconds(3));
  ASSERT_TRUE(reading.ok()) << reading.status();

  // From now on the good node is asked first.
  EXPECT_TRUE(source.Read(Later()).ok());
  EXPECT_EQ(stalling.connection_count(), 1);
  EXPECT_EQ(broken.connection_count(), 1);
  EXPECT_EQ(alone.connection_count(), 1);
  EXPECT_EQ(good.connection_count(), 2);
}

TEST(RedisSourceTest, AsksTheNodesOfTheTopologyWhenTheSeedIsGone) {
  FakeNode member;
  member.Play(Healthy(member));
  FakeNode seed(FakeScript()
                    .Expect(kShards)
                    .Send(OneShardReply(member.endpoint()))
                    .Expect(kCommand)
                    .Send(CommandReply()));
  RedisSource source = SourceOf({seed.endpoint()});
  ASSERT_TRUE(source.Read(Later()).ok());
  EXPECT_EQ(member.connection_count(), 0);

  seed.Play(FakeScript());
  EXPECT_TRUE(source.Read(Later()).ok());
  EXPECT_EQ(member.connection_count(), 1);
}

TEST(RedisSourceTest, ComesBackToTheSeedsWhenTheNodesOfTheTopologyAreGone) {
  const RefusingNode gone;
  FakeNode seed(FakeScript()
                    .Expect(kShards)
                    .Send(OneShardReply(gone.endpoint()))
                    .Expect(kCommand)
                    .Send(CommandReply()));
  RedisSource source = SourceOf({seed.endpoint()});
  ASSERT_TRUE(source.Read(Later()).ok());
  EXPECT_TRUE(source.Read(Later()).ok());
  seed.Play(FakeScript());
  EXPECT_FALSE(source.Read(Later()).ok());
  seed.Play(Healthy(seed));
  EXPECT_TRUE(source.Read(Later()).ok());
}

TEST(RedisSourceTest, NamesEveryNodeThatFailedUpToThree) {
  const RefusingNode a;
  const RefusingNode b;
  const RefusingNode c;
  const RefusingNode d;
  const absl::Status status =
      SourceOf({a.endpoint(), b.endpoint(), c.endpoint(), d.endpoint()})
          .Read(Later())
          .status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr(ToString(a.endpoint())));
  EXPECT_THAT(status.message(), HasSubstr(ToString(c.endpoint())));
  EXPECT_THAT(status.message(), Not(HasSubstr(ToString(d.endpoint()))));
}

TEST(RedisSourceTest, ANodeWithoutSlotsIsNoUsableView) {
  EXPECT_THAT(ReadShardsAnsweredBy("*0\r\n").message(),
              HasSubstr("no assigned slot"));
}

}  // namespace
}  // namespace slotplanner
