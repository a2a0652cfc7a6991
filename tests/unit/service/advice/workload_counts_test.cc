// SPDX-License-Identifier: Apache-2.0
// Slots of keys used here: b 3300, c 7365, a 15495; one for each shard.
#include "service/advice/workload_counts.h"

#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/plan_fixture.h"
#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// Counts commands written as words, in one call.
void AddTo(WorkloadCounts& counts, const std::vector<std::string>& texts,
           const ClusterSnapshot* what_if = nullptr) {
  static const ClusterSnapshot kSnapshot = ThreeShards();
  const std::vector<Words> words(texts.begin(), texts.end());
  std::vector<CommandArgs> commands;
  commands.reserve(words.size());
  for (const Words& word : words) commands.emplace_back(word.views());
  counts.Add(kSnapshot, commands, what_if);
}

WorkloadCounts Count(const std::vector<std::string>& texts,
                     const ClusterSnapshot* what_if = nullptr) {
  WorkloadCounts counts;
  AddTo(counts, texts, what_if);
  return counts;
}

CommandLoad LoadOf(const WorkloadCounts& counts, const std::string& name) {
  for (const CommandLoad& load : counts.Loads()) {
    if (load.name == name) return load;
  }
  return {};
}

std::vector<std::string> NamesOf(const WorkloadCounts& counts) {
  std::vector<std::string> names;
  for (const CommandLoad& load : counts.Loads()) names.push_back(load.name);
  return names;
}

TEST(WorkloadCountsTest, BeginsWithNothing) {
  const WorkloadCounts counts;
  EXPECT_THAT(counts.Loads(), IsEmpty());
  EXPECT_EQ(counts.Total(), CommandLoad());
  EXPECT_THAT(counts.TopUses(10), IsEmpty());
  EXPECT_EQ(counts.use_error(), 0);
  EXPECT_EQ(counts.keys().key_count(), 0);
}

TEST(WorkloadCountsTest, CountsVerdictsByName) {
  const WorkloadCounts counts =
      Count({"GET a", "get b", "MGET a b c", "MGET {a}1 {a}2", "MSETNX a 1 b 2",
             "ECHO x", "DBSIZE"});
  EXPECT_EQ(LoadOf(counts, "GET"), (CommandLoad{.name = "GET",
                                                .calls = 2,
                                                .single_slot = 2,
                                                .parts = 2,
                                                .nodes = 2,
                                                .max_parts = 1,
                                                .max_nodes = 1}));
  EXPECT_EQ(LoadOf(counts, "MGET"), (CommandLoad{.name = "MGET",
                                                 .calls = 2,
                                                 .single_slot = 1,
                                                 .split = 1,
                                                 .parts = 4,
                                                 .nodes = 4,
                                                 .max_parts = 3,
                                                 .max_nodes = 3}));
  EXPECT_EQ(LoadOf(counts, "MSETNX"),
            (CommandLoad{.name = "MSETNX", .calls = 1, .refused = 1}));
  EXPECT_EQ(LoadOf(counts, "ECHO"), (CommandLoad{.name = "ECHO",
                                                 .calls = 1,
                                                 .any_node = 1,
                                                 .parts = 1,
                                                 .nodes = 1,
                                                 .max_parts = 1,
                                                 .max_nodes = 1}));
  EXPECT_EQ(LoadOf(counts, "DBSIZE"), (CommandLoad{.name = "DBSIZE",
                                                   .calls = 1,
                                                   .fan_out = 1,
                                                   .parts = 3,
                                                   .nodes = 3,
                                                   .max_parts = 3,
                                                   .max_nodes = 3}));
  EXPECT_EQ(counts.Total(), (CommandLoad{.calls = 7,
                                         .single_slot = 3,
                                         .any_node = 1,
                                         .fan_out = 1,
                                         .split = 1,
                                         .refused = 1,
                                         .parts = 10,
                                         .nodes = 10,
                                         .max_parts = 3,
                                         .max_nodes = 3}));
}

TEST(WorkloadCountsTest, CountsANodeOfSeveralPartsOnce) {
  const std::string neighbour = [] {
    for (int i = 0;; ++i) {
      std::string key = "k" + std::to_string(i);
      const int slot = HashSlot::OfKey(key).value();
      if (slot <= 5460 && slot != HashSlot::OfKey("b").value()) return key;
    }
  }();
  const WorkloadCounts counts = Count({"MGET b " + neighbour});
  EXPECT_EQ(counts.Total().parts, 2);
  EXPECT_EQ(counts.Total().nodes, 1);
}

TEST(WorkloadCountsTest, PutsThoseCalledMostFirst) {
  EXPECT_THAT(NamesOf(Count({"SET a 1", "GET b", "TTL a", "GET c", "DEL a"})),
              ElementsAre("GET", "DEL", "SET", "TTL"));
}

TEST(WorkloadCountsTest, NamesSubcommandsAndLeavesTheUnknownUnnamed) {
  const WorkloadCounts counts = Count(
      {"XGROUP CREATE s g $", "xgroup nosuch", "NOSUCH a", "GET", "XGROUP"});
  EXPECT_THAT(NamesOf(counts),
              ElementsAre("", "GET", "XGROUP", "XGROUP CREATE"));
  EXPECT_EQ(LoadOf(counts, "").refused, 2);
  EXPECT_EQ(LoadOf(counts, "GET").refused, 1);
  EXPECT_EQ(counts.Total().calls, 5);
}

TEST(WorkloadCountsTest, CountsCommandsWithoutArguments) {
  WorkloadCounts counts;
  const std::vector<CommandArgs> commands(3);
  counts.Add(ThreeShards(), commands);
  EXPECT_EQ(LoadOf(counts, ""), (CommandLoad{.calls = 3, .refused = 3}));
}

TEST(WorkloadCountsTest, CountsTheKeysOfAllCommands) {
  const WorkloadCounts counts =
      Count({"MGET {t}1 b {t}1", "MSETNX a 1 b 2", "MULTI", "GET {t}2", "EXEC",
             "NOSUCH c", "EVAL return 2 a c x"});
  EXPECT_EQ(counts.keys().key_count(), 8);
  EXPECT_EQ(counts.keys().tagged_key_count(), 3);
  EXPECT_EQ(counts.keys().KeysOf(HashSlot::OfKey("t")), 3);
  EXPECT_EQ(counts.keys().KeysOf(HashSlot::OfKey("b")), 2);
}

TEST(WorkloadCountsTest, PlansOnAnotherTopologyAsWell) {
  ClusterSnapshot one_shard = ThreeShards();
  one_shard.topology =
      std::make_shared<const ClusterTopology>(MakeEvenTopology(1));
  const WorkloadCounts counts =
      Count({"MGET a b c", "GET a", "MSETNX a 1 b 2"}, &one_shard);
  EXPECT_EQ(LoadOf(counts, "MGET").nodes, 3);
  EXPECT_EQ(LoadOf(counts, "MGET").what_if_nodes, 1);
  EXPECT_EQ(counts.Total().what_if_nodes, 2);
}

TEST(WorkloadCountsTest, TakesATransactionTogether) {
  const WorkloadCounts counts = Count({"MULTI", "INCR {u}1", "GET {u}2", "EXEC",
                                       "MULTI", "GET a", "DISCARD", "GET b"});
  EXPECT_EQ(counts.Total().refused, 0);
  EXPECT_EQ(counts.Total().nodes, 8);
  EXPECT_EQ(LoadOf(counts, "MULTI").calls, 2);
  EXPECT_EQ(LoadOf(counts, "EXEC").calls, 1);
  EXPECT_THAT(counts.TopUses(10), IsEmpty());
}

TEST(WorkloadCountsTest, CountsATransactionAcrossSlotsAsOneUse) {
  const WorkloadCounts counts =
      Count({"MULTI", "GET user:1", "MGET user:2 cart:1", "GET user:1", "EXEC",
             "GET user:3"});
  EXPECT_EQ(counts.Total().refused, 5);
  EXPECT_THAT(counts.TopUses(10), ElementsAre(CrossSlotUse{
                                      .command = "MULTI",
                                      .key_templates = {"user:<n>", "cart:<n>"},
                                      .calls = 1,
                                      .keys = {"user:1", "user:2", "cart:1"}}));
}

TEST(WorkloadCountsTest, TakesATransactionWithoutAnEndApart) {
  const WorkloadCounts counts =
      Count({"EXEC", "MULTI", "GET a", "MULTI", "GET b", "EXEC x"});
  EXPECT_EQ(LoadOf(counts, "MULTI").refused, 2);
  EXPECT_EQ(LoadOf(counts, "EXEC").refused, 2);
  EXPECT_EQ(LoadOf(counts, "GET").single_slot, 2);
  EXPECT_THAT(counts.TopUses(10), IsEmpty());
}

TEST(WorkloadCountsTest, CountsUsesByNameAndTemplates) {
  const WorkloadCounts counts = Count(
      {"MGET user:1 user:2", "MGET user:8 user:7 user:6", "MGET user:1 cart:1",
       "RENAME user:1 cart:1", "MGET {a}1 {a}2", "GET a"});
  EXPECT_THAT(
      counts.TopUses(10),
      ElementsAre(CrossSlotUse{.command = "MGET",
                               .key_templates = {"user:<n>"},
                               .calls = 2,
                               .keys = {"user:1", "user:2"}},
                  CrossSlotUse{.command = "MGET",
                               .key_templates = {"user:<n>", "cart:<n>"},
                               .calls = 1,
                               .keys = {"user:1", "cart:1"}},
                  CrossSlotUse{.command = "RENAME",
                               .key_templates = {"user:<n>", "cart:<n>"},
                               .calls = 1,
                               .keys = {"user:1", "cart:1"}}));
  EXPECT_THAT(counts.TopUses(1), SizeIs(1));
}

TEST(WorkloadCountsTest, LeavesOutWhatIsTooLargeToKeep) {
  std::string keys;
  for (char c = 'a'; c < 'z'; ++c) keys += std::string(" ") + c;
  const WorkloadCounts many = Count({"MGET" + keys});
  EXPECT_THAT(many.TopUses(1)[0].key_templates, SizeIs(16));
  EXPECT_THAT(many.TopUses(1)[0].keys, SizeIs(25));

  std::string numbers;
  for (int i = 0; i < 65; ++i) numbers += " k" + std::to_string(i);
  EXPECT_THAT(Count({"MGET" + numbers}).TopUses(1),
              ElementsAre(CrossSlotUse{.command = "MGET",
                                       .key_templates = {"k<n>"},
                                       .calls = 1,
                                       .keys = {}}));

  // 1 + 4 bytes of the name, 1 + 2 of `k:`, and 1 + 247 are 256.
  const std::string fits(247, 'x');
  EXPECT_THAT(Count({"MGET k: " + fits}).TopUses(1)[0].key_templates,
              ElementsAre("k:", fits));
  EXPECT_THAT(Count({"MGET k: " + fits + "x y"}).TopUses(1)[0].key_templates,
              ElementsAre("k:"));
  EXPECT_THAT(Count({"MGET k: " + std::string(1023, 'x')}).TopUses(1)[0].keys,
              IsEmpty());
  EXPECT_THAT(Count({"MGET k: " + std::string(1022, 'x')}).TopUses(1)[0].keys,
              SizeIs(2));
}

// More uses than can be kept, and one among them that comes often.
TEST(WorkloadCountsTest, KeepsTheHeaviestOfManyUses) {
  WorkloadCounts counts;
  constexpr int kOthers = 15'000;
  for (int i = 0; i < kOthers; ++i) {
    std::string word;
    for (int rest = i; word.size() < 4; rest /= 20) {
      word += static_cast<char>('g' + rest % 20);
    }
    AddTo(counts, {"MGET " + word + ": b", "MGET hot:1 hot:2"});
  }
  const std::vector<CrossSlotUse> uses = counts.TopUses(10'000);
  EXPECT_LE(uses.size(), HeavyHitters::kMaxItems);
  EXPECT_THAT(uses[0].key_templates, ElementsAre("hot:<n>"));
  EXPECT_THAT(uses[0].keys, ElementsAre("hot:1", "hot:2"));
  EXPECT_LE(uses[0].calls, kOthers);
  EXPECT_GE(uses[0].calls + counts.use_error(), kOthers);
  EXPECT_GT(counts.use_error(), 0);
  for (const CrossSlotUse& use : uses) EXPECT_THAT(use.keys, SizeIs(2));
}

// A batch of random commands, transactions among them.
std::vector<std::string> RandomCommands(std::mt19937_64& random) {
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) {
    const auto key = [&] {
      return " " + std::string(1, static_cast<char>('k' + random() % 3)) + ":" +
             std::to_string(random() % 9);
    };
    const std::string other[] = {"GET" + key(),
                                 "MGET" + key() + key() + key(),
                                 "MSETNX" + key() + " 1" + key() + " 2",
                                 "DEL" + key() + key(),
                                 "PING",
                                 "SCAN 0",
                                 "FLUSHALL",
                                 "NOSUCH",
                                 "GET",
                                 "MULTI",
                                 "EXEC",
                                 "BLPOP" + key() + key() + " 0"};
    texts.push_back(other[random() % std::size(other)]);
  }
  return texts;
}

TEST(WorkloadCountsTest, AddsUp) {
  std::mt19937_64 random(RandomSeed());
  for (int round = 0; round < 20; ++round) {
    WorkloadCounts counts;
    const std::vector<std::string> texts = RandomCommands(random);
    AddTo(counts, texts);
    CommandLoad sum;
    for (const CommandLoad& load : counts.Loads()) {
      EXPECT_EQ(load.calls, load.single_slot + load.any_node + load.fan_out +
                                load.split + load.emulated + load.refused);
      EXPECT_LE(load.nodes, load.parts);
      EXPECT_LE(load.parts, load.calls * load.max_parts);
      sum.calls += load.calls;
      sum.parts += load.parts;
      sum.nodes += load.nodes;
    }
    const CommandLoad total = counts.Total();
    EXPECT_EQ(sum.calls, total.calls);
    EXPECT_EQ(sum.parts, total.parts);
    EXPECT_EQ(sum.nodes, total.nodes);
    EXPECT_EQ(total.calls, static_cast<int64_t>(texts.size()));
    int64_t uses = 0;
    for (const CrossSlotUse& use : counts.TopUses(10'000)) uses += use.calls;
    EXPECT_LE(total.split, uses);
    EXPECT_LE(uses, total.calls);
  }
}

TEST(WorkloadCountsTest, MergesToWhatOneCounterCounts) {
  std::mt19937_64 random(RandomSeed());
  for (int round = 0; round < 10; ++round) {
    WorkloadCounts whole, part, other;
    const std::vector<std::string> first = RandomCommands(random);
    const std::vector<std::string> second = RandomCommands(random);
    AddTo(whole, first);
    AddTo(whole, second);
    AddTo(part, first);
    AddTo(other, second);
    part.Merge(other);
    EXPECT_EQ(part.Loads(), whole.Loads());
    EXPECT_EQ(part.Total(), whole.Total());
    EXPECT_EQ(part.TopUses(10'000), whole.TopUses(10'000));
    EXPECT_EQ(part.keys().slot_keys(), whole.keys().slot_keys());
  }
}

}  // namespace
}  // namespace slotplanner
