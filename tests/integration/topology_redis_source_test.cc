// SPDX-License-Identifier: Apache-2.0
// The Redis source against nodes that play a script.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/commands/command_catalog.h"
#include "service/resp/address_map.h"
#include "service/resp/password_source.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_value.h"
#include "service/slots/hash_slot.h"
#include "service/topology/cluster_access.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/redis_source.h"
#include "service/topology/source_spec.h"
#include "service/topology/topology_source.h"
#include "service/topology/zone_map.h"
#include "tests/support/cluster_replies.h"
#include "tests/support/fake_node.h"

namespace slotplanner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string> kShards = {"CLUSTER", "SHARDS"};
const std::vector<std::string> kSlots = {"CLUSTER", "SLOTS"};
const std::vector<std::string> kNodes = {"CLUSTER", "NODES"};
const std::vector<std::string> kCommand = {"COMMAND"};

// Far enough that only a hanging test reaches it.
absl::Time Later() { return absl::Now() + absl::Seconds(60); }
absl::Time Soon() { return absl::Now() + absl::Milliseconds(200); }

RedisSource SourceOf(std::vector<RespEndpoint> seeds,
                     const ClusterAccess& access = {}) {
  return RedisSource(
      {.seeds = std::move(seeds), .user = "", .password = "", .tls = false},
      access);
}

// Answers the question for a view once more.
FakeScript ThenView(FakeScript script, const RespValue& shards,
                    const RespValue& nodes) {
  return script.Expect(kShards).Send(shards).Expect(kNodes).Send(nodes);
}

FakeScript View(const RespValue& shards, const RespValue& nodes) {
  return ThenView(FakeScript(), shards, nodes);
}

// As the only node of a cluster.
FakeScript OneNodeView(const FakeNode& node) {
  return View(OneShardReply(node.endpoint()), OneNodeReply());
}

// Answers as a cluster of one node does.
FakeScript Healthy(const FakeNode& node) {
  return OneNodeView(node).Expect(kCommand).Send(CommandReply());
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
                .Expect(kNodes)
                .SendByteByByte(ToWire(OneNodeReply()))
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
                  .Expect(kNodes)
                  .Send(OneNodeReply())
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
  const RespValue changed = RespValue::Array(
      {ShardReply({0, 99}, {NodeReply({.id = "a", .at = node.endpoint()})})});
  // On one connection: anything else in between would fail the test.
  FakeScript script =
      ThenView(Healthy(node), OneShardReply(node.endpoint()), OneNodeReply());
  script = ThenView(script, changed, OneNodeReply());
  node.Play(script.Expect(kCommand).Send(CommandReply()));
  RedisSource source = SourceOf({node.endpoint()});
  const absl::StatusOr<ClusterReading> first = source.Read(Later());
  ASSERT_TRUE(first.ok()) << first.status();
  const absl::StatusOr<ClusterReading> second = source.Read(Later());
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->topology, first->topology);
  EXPECT_EQ(second->catalog, first->catalog);
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
        .Expect(kNodes)
        .Send(OneNodeReply())
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
  return OneNodeView(node).Expect(kCommand).Send(error);
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
  node.Play(OneNodeView(node).Expect({"nothing more"}));
  EXPECT_EQ(source.Read(Later())->catalog, shown->catalog);
}

TEST(RedisSourceTest, KeepsTheCommandsThatItReadBeforeTheyWereHidden) {
  FakeNode node;
  node.Play(Healthy(node));
  RedisSource source = SourceOf({node.endpoint()});
  const absl::StatusOr<ClusterReading> shown = source.Read(Later());
  ASSERT_TRUE(shown.ok()) << shown.status();

  node.Play(
      View(RespValue::Array({ShardReply(
               {0, 99}, {NodeReply({.id = "a", .at = node.endpoint()})})}),
           OneNodeReply())
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
      {},
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
                            "$10737418240\r\nabc", "*400000\r\n"}) {
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

TEST(RedisSourceTest, AsksAllSeedsAndTakesWhatItGets) {
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
  const absl::StatusOr<ClusterReading> reading = source.Read(Later());
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(reading->asked_node_count, 5);
  EXPECT_EQ(reading->agreeing_node_count, 1);
  EXPECT_EQ(reading->problems.size(), 4u);

  // From now on the nodes of the topology are asked.
  good.Play(Healthy(good));
  const absl::StatusOr<ClusterReading> next = source.Read(Later());
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(next->asked_node_count, 1);
  EXPECT_TRUE(next->problems.empty());
  EXPECT_EQ(stalling.connection_count(), 1);
  EXPECT_EQ(broken.connection_count(), 1);
  EXPECT_EQ(alone.connection_count(), 1);
}

TEST(RedisSourceTest, GoesOnToFurtherSeedsWhileNoneHasAView) {
  const RefusingNode dead;
  FakeNode stalling(FakeScript().Stall());
  FakeNode good;
  good.Play(Healthy(good));
  RedisSource source =
      SourceOf({dead.endpoint(), stalling.endpoint(), good.endpoint()},
               {.max_votes = 1});
  EXPECT_TRUE(source.Read(absl::Now() + absl::Seconds(4)).ok());
}

TEST(RedisSourceTest, ComesBackToTheSeedsWhenTheNodesOfTheTopologyAreGone) {
  const RefusingNode gone;
  FakeNode seed(View(OneShardReply(gone.endpoint()), OneNodeReply())
                    .Expect(kCommand)
                    .Send(CommandReply()));
  RedisSource source = SourceOf({seed.endpoint()});
  ASSERT_TRUE(source.Read(Later()).ok());
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

TEST(RedisSourceTest, KeepsItsConnections) {
  FakeNode node;
  node.Play(
      ThenView(Healthy(node), OneShardReply(node.endpoint()), OneNodeReply())
          .Stall());
  RedisSource source = SourceOf({node.endpoint()});
  ASSERT_TRUE(source.Read(Later()).ok());
  ASSERT_TRUE(source.Read(Later()).ok());
  EXPECT_EQ(node.connection_count(), 1);
}

TEST(RedisSourceTest, OpensAKeptConnectionThatBreaksAnew) {
  FakeNode node;
  // Hangs up only when it is asked again, in the middle of the reply.
  node.Play(Healthy(node).Expect(kShards).Send("*1\r\n*4\r\n"));
  RedisSource source = SourceOf({node.endpoint()});
  ASSERT_TRUE(source.Read(Later()).ok());
  node.Play(OneNodeView(node).Stall());
  const absl::StatusOr<ClusterReading> second = source.Read(Later());
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_TRUE(second->problems.empty());
  EXPECT_EQ(node.connection_count(), 2);
}

TEST(RedisSourceTest, OpensABrokenConnectionAnewOnlyOnce) {
  FakeNode node;
  node.Play(Healthy(node));
  RedisSource source = SourceOf({node.endpoint()}, {.max_votes = 1});
  ASSERT_TRUE(source.Read(Later()).ok());
  node.Play(FakeScript().Expect(kShards));
  EXPECT_TRUE(absl::IsUnavailable(source.Read(Later()).status()));
  EXPECT_EQ(node.connection_count(), 2);
}

// A file that is there as long as the test.
class PasswordFile {
 public:
  explicit PasswordFile(const std::string& password) { Write(password); }
  ~PasswordFile() { std::filesystem::remove(path_); }
  PasswordFile(const PasswordFile&) = delete;
  PasswordFile& operator=(const PasswordFile&) = delete;

  const std::string& path() const { return path_; }
  void Write(const std::string& password) const {
    std::ofstream(path_) << password << '\n';
  }

 private:
  const std::string path_ = absl::StrCat(
      ::testing::TempDir(), "slotplanner_redis_source_", ::getpid());
};

TEST(RedisSourceTest, ReadsThePasswordFileWheneverItConnects) {
  const PasswordFile file("old");
  FakeNode node;
  const auto script = [&](const std::string& password) {
    return FakeScript()
        .Expect({"AUTH", "planner", password})
        .Send("+OK\r\n")
        .Expect(kShards)
        .Send(OneShardReply(node.endpoint()))
        .Expect(kNodes)
        .Send(OneNodeReply());
  };
  RedisSource source = SourceOf(
      {node.endpoint()},
      {.user = "planner", .password = PasswordSource::File(file.path())});
  node.Play(script("old").Expect(kCommand).Send(CommandReply()));
  ASSERT_TRUE(source.Read(Later()).ok());

  // The node has a new password and cuts its clients; then we have it too.
  node.Play(FakeScript()
                .Expect({"AUTH", "planner", "old"})
                .Send("-WRONGPASS invalid username-password pair old\r\n"));
  const absl::Status refused = source.Read(Later()).status();
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  EXPECT_THAT(refused.message(), HasSubstr("WRONGPASS"));
  EXPECT_THAT(refused.message(), Not(HasSubstr("old")));
  file.Write("new");
  node.Play(script("new"));
  EXPECT_TRUE(source.Read(Later()).ok());
}

// The connection stays open, so that only this tells that the next one fails.
TEST(RedisSourceTest, TellsThatThePasswordCannotBeReadAnyMore) {
  const PasswordFile file("old");
  FakeNode node;
  node.Play(FakeScript()
                .Expect({"AUTH", "old"})
                .Send("+OK\r\n")
                .Expect(kShards)
                .Send(OneShardReply(node.endpoint()))
                .Expect(kNodes)
                .Send(OneNodeReply())
                .Expect(kCommand)
                .Send(CommandReply())
                .Expect(kShards)
                .Send(OneShardReply(node.endpoint()))
                .Expect(kNodes)
                .Send(OneNodeReply()));
  RedisSource source = SourceOf(
      {node.endpoint()}, {.password = PasswordSource::File(file.path())});
  const auto before = source.Read(Later());
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_TRUE(before->access_status.ok()) << before->access_status;

  file.Write("");
  const auto after = source.Read(Later());
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_TRUE(absl::IsInvalidArgument(after->access_status));
  EXPECT_THAT(after->access_status.message(), HasSubstr(file.path()));
}

TEST(RedisSourceTest, NamesAPasswordFileThatIsNotThere) {
  const RefusingNode node;
  const absl::Status status =
      SourceOf({node.endpoint()},
               {.password = PasswordSource::File("/nowhere/password")})
          .Read(Later())
          .status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr("/nowhere/password"));
}

TEST(RedisSourceTest, MapsAddressesAndZones) {
  FakeNode node;
  const RespEndpoint announced{.host = "10.255.255.1", .port = 7};
  node.Play(View(OneShardReply(announced), OneNodeReply())
                .Expect(kCommand)
                .Send(CommandReply()));
  RedisSource source =
      SourceOf({node.endpoint()},
               {.address_map = *AddressMap::Make(
                    {{ToString(announced), ToString(node.endpoint())}}),
                .zones = *ZoneMap::Make({{"127.0.0.0/8", "here"}})});
  const absl::StatusOr<ClusterReading> reading = source.Read(Later());
  ASSERT_TRUE(reading.ok()) << reading.status();
  const Node& primary = reading->topology->shards()[0].primary;
  EXPECT_EQ(primary.host, node.endpoint().host);
  EXPECT_EQ(primary.port, node.endpoint().port);
  EXPECT_EQ(primary.zone, "here");
}

// A primary as a view lists it.
struct Primary {
  std::string id;
  RespEndpoint at;
  std::vector<int64_t> slots;
  int64_t epoch = 1;
  std::string migrations = "";
};

// What CLUSTER NODES answers on the node `me` when it sees these primaries.
RespValue LinesOf(const std::string& me,
                  const std::vector<Primary>& primaries) {
  std::vector<NodeLine> lines;
  for (const Primary& primary : primaries) {
    lines.push_back({.id = primary.id,
                     .flags = primary.id == me ? "myself,master" : "master",
                     .config_epoch = primary.epoch,
                     .slots = primary.id == me ? primary.migrations : ""});
  }
  return NodesReply(lines);
}

// And CLUSTER SHARDS on any.
RespValue ShardsOf(const std::vector<Primary>& primaries) {
  std::vector<RespValue> shards;
  for (const Primary& primary : primaries) {
    shards.push_back(ShardReply(
        primary.slots, {NodeReply({.id = primary.id, .at = primary.at})}));
  }
  return RespValue::Array(std::move(shards));
}

FakeScript ViewOf(const std::string& me,
                  const std::vector<Primary>& primaries) {
  return View(ShardsOf(primaries), LinesOf(me, primaries));
}

// To a node that is not asked for its view.
FakeScript NodesOf(const std::string& me,
                   const std::vector<Primary>& primaries) {
  return FakeScript().Expect(kNodes).Send(LinesOf(me, primaries));
}

// Appended to the first view: all but a few tests are not about commands.
FakeScript WithCommands(FakeScript script) {
  return script.Expect(kCommand).Send(CommandReply());
}

// Three primaries, as many fake nodes. In the order of their IDs a, b, c.
class ThreePrimariesTest : public ::testing::Test {
 protected:
  // As all of them see it, if nothing happens.
  std::vector<Primary> Before() const {
    return {{"a", a_.endpoint(), {0, 5460}, 1},
            {"b", b_.endpoint(), {5461, 10922}, 2},
            {"c", c_.endpoint(), {10923, 16383}, 3}};
  }

  // d took over from a.
  std::vector<Primary> After() const {
    return {{"d", d_.endpoint(), {0, 5460}, 4},
            {"b", b_.endpoint(), {5461, 10922}, 2},
            {"c", c_.endpoint(), {10923, 16383}, 3}};
  }

  FakeNode a_;
  FakeNode b_;
  FakeNode c_;
  FakeNode d_;
};

TEST_F(ThreePrimariesTest, AsksTheNodesThatTheSeedReveals) {
  a_.Play(WithCommands(ViewOf("a", Before())));
  b_.Play(ViewOf("b", Before()));
  c_.Play(ViewOf("c", Before()));
  const absl::StatusOr<ClusterReading> reading =
      SourceOf({a_.endpoint()}).Read(Later());
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(reading->asked_node_count, 3);
  EXPECT_EQ(reading->agreeing_node_count, 3);
  EXPECT_TRUE(reading->is_settled);
  EXPECT_FALSE(reading->hides_migrations);
  EXPECT_TRUE(reading->problems.empty());
}

TEST_F(ThreePrimariesTest, ANodeWithTwoAddressesHasOneVote) {
  a_.Play(WithCommands(ViewOf("a", Before())));
  b_.Play(ViewOf("b", Before()));
  c_.Play(ViewOf("c", Before()));
  const RespEndpoint by_name{.host = "localhost", .port = a_.endpoint().port};
  const absl::StatusOr<ClusterReading> reading =
      SourceOf({by_name}).Read(Later());
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(a_.connection_count(), 1);
  EXPECT_EQ(reading->asked_node_count, 3);
}

// Rule G3.
TEST_F(ThreePrimariesTest, TakesTheViewOfMost) {
  a_.Play(ViewOf("a", Before()));
  b_.Play(WithCommands(ViewOf("b", After())));
  c_.Play(WithCommands(ViewOf("c", After())));
  const absl::StatusOr<ClusterReading> reading =
      SourceOf({a_.endpoint(), b_.endpoint(), c_.endpoint()}, {.max_votes = 3})
          .Read(Later());
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(reading->topology->shards()[0].primary.node_id, NodeId("d"));
  EXPECT_EQ(reading->asked_node_count, 3);
  EXPECT_EQ(reading->agreeing_node_count, 2);
  EXPECT_FALSE(reading->is_settled);
}

TEST_F(ThreePrimariesTest, NeverGoesBackToTheOldPrimary) {
  b_.Play(WithCommands(ViewOf("b", After())));
  RedisSource source =
      SourceOf({b_.endpoint(), a_.endpoint()}, {.max_votes = 3});
  const absl::StatusOr<ClusterReading> before = source.Read(Later());
  ASSERT_TRUE(before.ok()) << before.status();

  // All but the old primary are gone.
  b_.Play(FakeScript());
  a_.Play(ViewOf("a", Before()));
  const absl::Status status = source.Read(Later()).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr("older"));

  b_.Play(ViewOf("b", After()));
  c_.Play(ViewOf("c", After()));
  d_.Play(ViewOf("d", After()));
  const absl::StatusOr<ClusterReading> after = source.Read(Later());
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->topology, before->topology);
  EXPECT_EQ(after->agreeing_node_count, 3);
}

TEST_F(ThreePrimariesTest, AsksAllPrimariesWhetherSlotsWereDealtOutByHand) {
  RedisSource source = SourceOf({a_.endpoint()}, {.max_votes = 1});
  a_.Play(WithCommands(ViewOf("a", Before())));
  b_.Play(NodesOf("b", Before()));
  c_.Play(NodesOf("c", Before()));
  ASSERT_TRUE(source.Read(Later()).ok());

  const std::vector<Primary> by_hand = {
      {"a", a_.endpoint(), {0, 6000}, 1},
      {"b", b_.endpoint(), {6001, 10922}, 2},
      {"c", c_.endpoint(), {10923, 16383}, 3}};
  a_.Play(ViewOf("a", by_hand));
  b_.Play(WithCommands(ViewOf("b", by_hand)));  // It is its turn.
  c_.Play(ViewOf("c", by_hand));
  const absl::StatusOr<ClusterReading> reading = source.Read(Later());
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(reading->asked_node_count, 3);
  EXPECT_EQ(
      reading->topology->ShardOf(*HashSlot::FromNumber(6000))->primary.node_id,
      NodeId("a"));
}

TEST_F(ThreePrimariesTest, ANodeThatStallsHoldsNobodyUp) {
  a_.Play(WithCommands(ViewOf("a", Before())));
  b_.Play(ViewOf("b", Before()));
  c_.Play(FakeScript().Stall());
  // An hour would pass first.
  const absl::StatusOr<ClusterReading> reading =
      SourceOf({a_.endpoint()}).Read(absl::Now() + absl::Hours(1));
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(reading->asked_node_count, 3);
  EXPECT_EQ(reading->agreeing_node_count, 2);
  // It owns slots: perhaps a failover is near.
  EXPECT_FALSE(reading->is_settled);
  ASSERT_EQ(reading->problems.size(), 1u);
  EXPECT_EQ(reading->problems[0].node, c_.endpoint());
  EXPECT_TRUE(absl::IsUnavailable(reading->problems[0].status));
}

// Rule F5: both sides tell, the target in a line of its own.
TEST_F(ThreePrimariesTest, ReadsMigrationsOfAllPrimaries) {
  std::vector<Primary> primaries = Before();
  primaries[0].migrations = absl::StrCat("0-5460 [77->-", NodeId("b"), "]");
  primaries[2].migrations =
      absl::StrCat("[5500-<-", NodeId("b"), "] [77-<-", NodeId("b"), "]");
  a_.Play(WithCommands(ViewOf("a", primaries)));
  b_.Play(NodesOf("b", primaries));
  c_.Play(NodesOf("c", primaries));
  const absl::StatusOr<ClusterReading> reading =
      SourceOf({a_.endpoint()}, {.max_votes = 1}).Read(Later());
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(reading->asked_node_count, 1);
  EXPECT_TRUE(reading->is_settled);
  EXPECT_THAT(reading->migrations,
              ElementsAre(SlotMigration{.slot = *HashSlot::FromNumber(77),
                                        .source_node_id = NodeId("a"),
                                        .target_node_id = NodeId("b")},
                          SlotMigration{.slot = *HashSlot::FromNumber(5500),
                                        .source_node_id = NodeId("b"),
                                        .target_node_id = NodeId("c")}));
}

// As with cluster-preferred-endpoint-type unknown-endpoint behind a balancer.
TEST_F(ThreePrimariesTest, AsksNodesBehindOneAddressOnce) {
  std::vector<Primary> primaries = Before();
  primaries[2].at = primaries[1].at;
  a_.Play(WithCommands(ViewOf("a", primaries)));
  b_.Play(NodesOf("b", primaries));
  const absl::StatusOr<ClusterReading> reading =
      SourceOf({a_.endpoint()}, {.max_votes = 1}).Read(Later());
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(b_.connection_count(), 1);
}

TEST_F(ThreePrimariesTest, WorksWithoutClusterNodes) {
  constexpr char kNoPermission[] =
      "-NOPERM this user has no permissions to run the 'cluster|nodes' "
      "command\r\n";
  const FakeScript script = FakeScript()
                                .Expect(kShards)
                                .Send(ShardsOf(Before()))
                                .Expect(kNodes)
                                .Send(kNoPermission);
  a_.Play(WithCommands(script));
  b_.Play(script);
  c_.Play(script);
  const absl::StatusOr<ClusterReading> reading =
      SourceOf({a_.endpoint()}, {.max_votes = 3}).Read(Later());
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_TRUE(reading->hides_migrations);
  EXPECT_TRUE(reading->problems.empty());
}

// Bytes that no node should send, each kind beside two good nodes.
TEST_F(ThreePrimariesTest, AHostileNodeIsAProblemOfItsOwn) {
  std::string nesting;
  for (int i = 0; i < 100'000; ++i) nesting += "*1\r\n";
  const RespValue me = NodeReply({.id = "a", .at = a_.endpoint()});
  std::vector<RespValue> many;
  for (int i = 0; i < 50'000; ++i) {
    many.push_back(NodeReply(
        {.id = absl::StrCat(i), .at = a_.endpoint(), .role = "replica"}));
  }
  const std::vector<FakeScript> hostile = {
      FakeScript().Expect(kShards).Send("+what\r\n"),
      FakeScript().Expect(kShards).Send("$10737418240\r\n").Stall(),
      FakeScript().Expect(kShards).Send("*10737418240\r\n").Stall(),
      FakeScript().Expect(kShards).Send(nesting).Stall(),
      FakeScript().Expect(kShards).Send("*1\r\n*4\r\n"),
      FakeScript().Expect(kShards).Stall(),
      // Never ends, and never stops sending.
      FakeScript()
          .Expect(kShards)
          .Send("$16000000\r\n")
          .SendByteByByte(std::string(16'000'000, 'x')),
      FakeScript().Expect(kShards).Send(
          RespValue::Array({ShardReply({0, 16384}, {me})})),
      FakeScript().Expect(kShards).Send(
          RespValue::Array({ShardReply({0, 9, 9, 10}, {me})})),
      FakeScript().Expect(kShards).Send(
          RespValue::Array({ShardReply({0, 16383}, many)})),
      FakeScript()
          .Expect(kShards)
          .Send(OneShardReply(a_.endpoint()))
          .Expect(kNodes)
          .Send(":1\r\n"),
  };
  for (size_t i = 0; i < hostile.size(); ++i) {
    SCOPED_TRACE(i);
    a_.Play(hostile[i]);
    b_.Play(WithCommands(ViewOf("b", Before())));
    c_.Play(WithCommands(ViewOf("c", Before())));
    const absl::StatusOr<ClusterReading> reading =
        SourceOf({a_.endpoint(), b_.endpoint(), c_.endpoint()},
                 {.max_votes = 3})
            .Read(Later());
    ASSERT_TRUE(reading.ok()) << reading.status();
    EXPECT_EQ(reading->agreeing_node_count, 2);
    ASSERT_EQ(reading->problems.size(), 1u);
    EXPECT_EQ(reading->problems[0].node, a_.endpoint());
  }
}

}  // namespace
}  // namespace slotplanner
