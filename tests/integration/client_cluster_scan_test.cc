// SPDX-License-Identifier: Apache-2.0
// Scans of scripted nodes, for what real ones seldom do.
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "client/cli/cluster_scan.h"
#include "client/cli/slot_watch.h"
#include "client/cpp/node_connections.h"
#include "tests/support/fake_node.h"

namespace slotplanner::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr char kNodeId[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

Node NodeAt(const RespEndpoint& endpoint, std::string node_id) {
  return {.node_id = std::move(node_id),
          .host = endpoint.host,
          .port = endpoint.port,
          .zone = {}};
}

// One shard, the slots of which begin at `first`; nobody has those before.
ClusterTopology OneShard(const RespEndpoint& primary, int first = 0,
                         std::vector<Node> replicas = {}) {
  return *ClusterTopology::Make(
      {{.slot_ranges = {{*HashSlot::FromNumber(first),
                         *HashSlot::FromNumber(16383)}},
        .primary = NodeAt(primary, kNodeId),
        .replicas = std::move(replicas)}});
}

RespValue Slots(int first, int last) {
  return RespValue::Array({RespValue::Array(
      {RespValue::Integer(first), RespValue::Integer(last),
       RespValue::Array({RespValue::String("127.0.0.1"), RespValue::Integer(1),
                         RespValue::String(kNodeId)})})});
}

RespValue Page(const std::string& cursor,
               const std::vector<std::string>& keys) {
  std::vector<RespValue> elements;
  elements.reserve(keys.size());
  for (const std::string& key : keys) {
    elements.push_back(RespValue::String(key));
  }
  return RespValue::Array(
      {RespValue::String(cursor), RespValue::Array(std::move(elements))});
}

FakeScript& AnswerSlots(FakeScript& script, int first = 0, int last = 16383,
                        const std::string& moving = "") {
  return script.Expect({"CLUSTER", "SLOTS"})
      .Send(Slots(first, last))
      .Expect({"CLUSTER", "NODES"})
      .Send(RespValue::String(absl::StrCat(
          kNodeId, " 127.0.0.1:1@2 myself,master - 0 0 1 connected ", first,
          "-", last, moving, "\n")));
}

FakeScript Greeting(const std::string& run_id = "r", int64_t key_count = 10) {
  FakeScript script;
  script.Expect({"DBSIZE"})
      .Send(RespValue::Integer(key_count))
      .Expect({"INFO", "server"})
      .Send(RespValue::String("# Server\r\nrun_id:" + run_id + "\r\nx:y\r\n"));
  return AnswerSlots(script);
}

const std::vector<std::string> kScan = {"SCAN", "0", "COUNT", "1000"};

class ClusterScanTest : public ::testing::Test {
 protected:
  ClusterScanResult Scan(const ClusterTopology& topology,
                         const ClusterScanOptions& options = {}) {
    SlotWatch watch(topology);
    NodeConnections connections({});
    ClusterScanResult result = ScanCluster(
        topology, options, connections, watch,
        [this](std::string_view key, int64_t weight) {
          keys_.emplace_back(key, weight);
          if (on_key_) on_key_();
        },
        [this](const ScanProgress&) { return !stop_; });
    moved_ = watch.count();
    return result;
  }

  std::vector<std::pair<std::string, int64_t>> keys_;
  std::function<void()> on_key_;
  bool stop_ = false;
  int moved_ = 0;
};

TEST_F(ClusterScanTest, FollowsTheCursor) {
  FakeScript script = Greeting();
  script.Expect(kScan)
      .Send(Page("18446744073709551615", {"a", ""}))
      .Expect({"SCAN", "18446744073709551615", "COUNT", "1000"})
      .Send(Page("7", {}))
      .Expect({"SCAN", "7", "COUNT", "1000"})
      .SendByteByByte(ToWire(Page("0", {"b"})));
  const FakeNode node(AnswerSlots(script));
  const ClusterScanResult result = Scan(OneShard(node.endpoint()));
  EXPECT_THAT(keys_, ElementsAre(Pair("a", 1), Pair("", 1), Pair("b", 1)));
  EXPECT_EQ(result.progress.found, 3);
  EXPECT_EQ(result.progress.key_count, 10);
  EXPECT_EQ(result.progress.looked_at, 10);
  EXPECT_EQ(result.node_count, 1);
  EXPECT_THAT(result.incomplete_shards, IsEmpty());
  EXPECT_EQ(moved_, 0);
}

TEST_F(ClusterScanTest, GoesOnOverAnotherConnection) {
  FakeScript second = Greeting();
  second.Expect({"SCAN", "7", "MATCH", "k*", "COUNT", "5"})
      .Send(Page("0", {"k2"}));
  AnswerSlots(second);
  FakeScript first = Greeting();
  first.Expect({"SCAN", "0", "MATCH", "k*", "COUNT", "5"})
      .Send(Page("7", {"k1"}));
  FakeNode node(first);  // It hangs up there.
  on_key_ = [&] { node.Play(second); };
  const ClusterScanResult result =
      Scan(OneShard(node.endpoint()), {.nodes = {.match = "k*", .count = 5}});
  EXPECT_THAT(keys_, ElementsAre(Pair("k1", 1), Pair("k2", 1)));
  EXPECT_THAT(result.incomplete_shards, IsEmpty());
  EXPECT_EQ(node.connection_count(), 2);
}

TEST_F(ClusterScanTest, ARestartedNodeOrdersItsKeysAnew) {
  FakeScript first = Greeting("one");
  first.Expect(kScan).Send(Page("7", {"k1"}));
  FakeNode node(first);
  on_key_ = [&] { node.Play(Greeting("two")); };
  const ClusterScanResult result = Scan(OneShard(node.endpoint()));
  ASSERT_THAT(result.incomplete_shards, SizeIs(1));
  EXPECT_EQ(result.incomplete_shards[0].address, ToString(node.endpoint()));
  EXPECT_THAT(result.incomplete_shards[0].reason, HasSubstr("restarted"));
}

TEST_F(ClusterScanTest, ANodeThatStaysAwayIsGivenUp) {
  const RefusingNode node;
  const ClusterScanResult result = Scan(OneShard(node.endpoint()));
  EXPECT_THAT(keys_, IsEmpty());
  ASSERT_THAT(result.incomplete_shards, SizeIs(1));
  EXPECT_EQ(result.incomplete_shards[0].address, ToString(node.endpoint()));
}

TEST_F(ClusterScanTest, ARefusalNamesNoKeys) {
  FakeScript script = Greeting();
  script.Expect(kScan).Send("-NOPERM no secret for you\r\n");
  const FakeNode node(script);
  const ClusterScanResult result = Scan(OneShard(node.endpoint()));
  ASSERT_THAT(result.incomplete_shards, SizeIs(1));
  EXPECT_EQ(result.incomplete_shards[0].reason,
            absl::StrCat("Node ", ToString(node.endpoint()),
                         ": it refuses SCAN with NOPERM."));
  EXPECT_EQ(node.connection_count(), 1);
}

TEST_F(ClusterScanTest, ANodeThatLoadsIsAskedAgain) {
  FakeScript second = Greeting();
  second.Expect(kScan).Send(Page("0", {"k"}));
  AnswerSlots(second);
  FakeScript first = Greeting();
  first.Expect(kScan).Send("-LOADING Redis is loading\r\n").Stall();
  FakeNode node(first);
  const ClusterTopology topology = OneShard(node.endpoint());
  SlotWatch watch(topology);
  NodeConnections connections({});
  const ClusterScanResult result = ScanCluster(
      topology, {}, connections, watch,
      [this](std::string_view key, int64_t weight) {
        keys_.emplace_back(key, weight);
      },
      [&](const ScanProgress&) {
        if (node.connection_count() == 1) node.Play(second);
        return true;
      });
  EXPECT_THAT(keys_, ElementsAre(Pair("k", 1)));
  EXPECT_THAT(result.incomplete_shards, IsEmpty());
}

TEST_F(ClusterScanTest, ReplicasAreAskedIfTheyAreThere) {
  FakeScript script;
  script.Expect({"READONLY"}).Send("+OK\r\n");
  script.Expect({"DBSIZE"}).Send("-NOPERM\r\n");
  script.Expect({"INFO", "server"}).Send("-NOPERM\r\n");
  script.Expect({"CLUSTER", "SLOTS"}).Send("-NOPERM\r\n");
  script.Expect({"CLUSTER", "NODES"}).Send("-NOPERM\r\n");
  script.Expect(kScan).Send(Page("0", {"k"}));
  script.Expect({"CLUSTER", "SLOTS"}).Send("-NOPERM\r\n");
  script.Expect({"CLUSTER", "NODES"}).Send("-NOPERM\r\n");
  const FakeNode replica(script);
  const RefusingNode primary;
  const ClusterScanResult result =
      Scan(OneShard(primary.endpoint(), 0, {NodeAt(replica.endpoint(), "b")}),
           {.from_replicas = true});
  EXPECT_THAT(keys_, ElementsAre(Pair("k", 1)));
  EXPECT_THAT(result.incomplete_shards, IsEmpty());
  EXPECT_EQ(moved_, 0);
}

TEST_F(ClusterScanTest, ThePrimaryStandsInForAReplica) {
  FakeScript script = Greeting();
  script.Expect(kScan).Send(Page("0", {"k"}));
  const FakeNode primary(AnswerSlots(script));
  const RefusingNode replica;
  const ClusterScanResult result =
      Scan(OneShard(primary.endpoint(), 0, {NodeAt(replica.endpoint(), "b")}),
           {.from_replicas = true});
  EXPECT_THAT(keys_, ElementsAre(Pair("k", 1)));
  EXPECT_THAT(result.incomplete_shards, IsEmpty());
}

TEST_F(ClusterScanTest, LeftoversDoNotCount) {
  // "foo" is in slot 12182, "hello" in 866 (rule A4).
  FakeScript script = Greeting();
  script.Expect(kScan).Send(Page("0", {"hello", "foo", "hello"}));
  const FakeNode node(AnswerSlots(script));
  const ClusterScanResult result = Scan(OneShard(node.endpoint(), 1000));
  EXPECT_THAT(keys_, ElementsAre(Pair("foo", 1)));
  EXPECT_EQ(result.foreign_keys, 2);
  EXPECT_EQ(moved_, 1000);  // It says that it has them; the topology did not.
}

TEST_F(ClusterScanTest, SeesSlotsThatMoveMeanwhile) {
  FakeScript script = Greeting();
  script.Expect(kScan).Send(Page("0", {"foo"}));
  AnswerSlots(script, 0, 16380,
              absl::StrCat(" [5->-", std::string(40, 'b'), "]"));
  const FakeNode node(script);
  EXPECT_THAT(Scan(OneShard(node.endpoint())).incomplete_shards, IsEmpty());
  EXPECT_EQ(moved_, 4);  // 5, and 16381 to 16383.
}

TEST_F(ClusterScanTest, ALateGoodbyeMissesNoKeys) {
  FakeScript script = Greeting();
  script.Expect(kScan).Send(Page("0", {"k"}));
  const FakeNode node(script);  // It hangs up there.
  EXPECT_THAT(Scan(OneShard(node.endpoint())).incomplete_shards, IsEmpty());
  EXPECT_THAT(keys_, SizeIs(1));
  EXPECT_EQ(node.connection_count(), 1);
}

TEST_F(ClusterScanTest, WeighsOneInSomeKeys) {
  const auto usage = [](const std::string& key) {
    return std::vector<std::string>{"MEMORY", "USAGE", key, "SAMPLES", "5"};
  };
  FakeScript script = Greeting();
  script.Expect(kScan).Send(Page("7", {"a", "b", "c"}));
  script.Expect(usage("a")).Send(":50\r\n");
  script.Expect(usage("c")).Send("$-1\r\n");  // It is gone.
  script.Expect({"SCAN", "7", "COUNT", "1000"})
      .Send(Page("0", {"d", "e", "f"}));
  script.Expect(usage("e")).Send("-MOVED 1 127.0.0.1:1\r\n");
  const FakeNode node(AnswerSlots(script));
  const ClusterScanResult result =
      Scan(OneShard(node.endpoint()),
           {.nodes = {.with_memory = true, .memory_every = 2}});
  EXPECT_THAT(keys_, ElementsAre(Pair("a", 100), Pair("b", 0), Pair("c", 0),
                                 Pair("d", 0), Pair("e", 0), Pair("f", 0)));
  EXPECT_EQ(result.unweighed_keys, 1);
}

TEST_F(ClusterScanTest, APageCountsOnceWhenItsMemoryComesLate) {
  FakeScript second = Greeting();
  second.Expect({"MEMORY", "USAGE", "a", "SAMPLES", "5"}).Send(":50\r\n");
  AnswerSlots(second);
  FakeScript first = Greeting();
  first.Expect(kScan).Send(Page("0", {"a"}));
  FakeNode node(first);
  const ClusterTopology topology = OneShard(node.endpoint());
  SlotWatch watch(topology);
  NodeConnections connections({});
  ScanCluster(
      topology, {.nodes = {.with_memory = true}}, connections, watch,
      [this](std::string_view key, int64_t weight) {
        keys_.emplace_back(key, weight);
      },
      [&](const ScanProgress&) {
        if (node.connection_count() == 1) node.Play(second);
        return true;
      });
  EXPECT_THAT(keys_, ElementsAre(Pair("a", 50)));
}

TEST_F(ClusterScanTest, StopsWhenItIsTold) {
  FakeScript script = Greeting();
  script.Expect(kScan).Send(Page("7", {"k"})).Stall();
  const FakeNode node(script);
  on_key_ = [this] { stop_ = true; };
  const ClusterScanResult result = Scan(OneShard(node.endpoint()));
  EXPECT_TRUE(result.was_stopped);
  EXPECT_THAT(keys_, SizeIs(1));
}

TEST_F(ClusterScanTest, APatternOfOneSlotNeedsOneShard) {
  const RefusingNode other;
  FakeScript script = Greeting();
  script.Expect({"SCAN", "0", "MATCH", "{foo}*", "COUNT", "1000"})
      .Send(Page("0", {"{foo}1"}));
  const FakeNode node(AnswerSlots(script, 1000));
  const ClusterTopology topology = *ClusterTopology::Make(
      {{.slot_ranges = {{*HashSlot::FromNumber(0), *HashSlot::FromNumber(999)}},
        .primary = NodeAt(other.endpoint(), "b"),
        .replicas = {}},
       {.slot_ranges = {{*HashSlot::FromNumber(1000),
                         *HashSlot::FromNumber(16383)}},
        .primary = NodeAt(node.endpoint(), kNodeId),
        .replicas = {}}});
  const ClusterScanResult result =
      Scan(topology, {.nodes = {.match = "{foo}*"}});
  EXPECT_THAT(keys_, ElementsAre(Pair("{foo}1", 1)));
  EXPECT_THAT(result.incomplete_shards, IsEmpty());
  EXPECT_EQ(result.node_count, 1);
}

}  // namespace
}  // namespace slotplanner::cli
