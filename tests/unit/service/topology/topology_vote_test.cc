// SPDX-License-Identifier: Apache-2.0
#include "service/topology/topology_vote.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "service/slots/hash_slot.h"
#include "service/topology/cluster_topology.h"
#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

HashSlot Slot(int number) { return *HashSlot::FromNumber(number); }

// A shard of a view: who owns what since when.
struct Owner {
  std::string id;
  int first = 0;  // -1: no slots.
  int last = 0;
  uint64_t epoch = 0;
  std::string host = "10.0.0.1";
  std::string replica = "";  // Empty: none.
};

// The view of `node_id`; without epochs for a node that hides them.
ClusterView View(const std::string& node_id, const std::vector<Owner>& owners,
                 bool has_epochs = true) {
  std::vector<Shard> shards;
  for (const Owner& owner : owners) {
    Shard shard{.slot_ranges = {},
                .primary = {.node_id = owner.id,
                            .host = owner.host,
                            .port = 1,
                            .zone = ""},
                .replicas = {}};
    if (owner.first >= 0) {
      shard.slot_ranges = {{Slot(owner.first), Slot(owner.last)}};
    }
    if (!owner.replica.empty()) {
      shard.replicas.push_back(shard.primary);
      shard.replicas[0].node_id = owner.replica;
    }
    shards.push_back(std::move(shard));
  }
  ClusterView view = {.node_id = node_id,
                      .topology = std::make_shared<const ClusterTopology>(
                          *ClusterTopology::Make(std::move(shards))),
                      .shard_epochs = {}};
  if (!has_epochs) return view;
  for (const Shard& shard : view.topology->shards()) {
    view.shard_epochs.push_back(
        std::find_if(owners.begin(), owners.end(), [&](const Owner& o) {
          return o.id == shard.primary.node_id;
        })->epoch);
  }
  return view;
}

TopologyChoice Choose(const std::vector<ClusterView>& views,
                      const TopologyChoice* last = nullptr) {
  std::optional<TopologyChoice> choice = ChooseTopology(views, last);
  EXPECT_TRUE(choice.has_value());
  return *std::move(choice);
}

std::string OwnerOf(int slot, const TopologyChoice& choice) {
  const Shard* shard = choice.topology->ShardOf(Slot(slot));
  return shard == nullptr ? "nobody" : shard->primary.node_id;
}

// Three primaries; then r takes over from a.
const std::vector<Owner> kBefore = {
    {"a", 0, 5460, 1}, {"b", 5461, 10922, 2}, {"c", 10923, 16383, 3}};
const std::vector<Owner> kAfter = {
    {"r", 0, 5460, 4}, {"b", 5461, 10922, 2}, {"c", 10923, 16383, 3}};

TEST(ChooseTopologyTest, NoViewsGiveNoChoice) {
  EXPECT_FALSE(ChooseTopology({}, nullptr).has_value());
  const TopologyChoice last = Choose({View("a", kBefore)});
  EXPECT_FALSE(ChooseTopology({}, &last).has_value());
}

TEST(ChooseTopologyTest, CountsThoseThatAgree) {
  const TopologyChoice all = Choose({View("a", kBefore), View("b", kBefore)});
  EXPECT_EQ(all.agreeing_count, 2);
  EXPECT_TRUE(all.is_unanimous);
  const TopologyChoice most =
      Choose({View("a", kBefore), View("r", kAfter), View("b", kBefore)});
  EXPECT_EQ(OwnerOf(0, most), "a");
  EXPECT_EQ(most.agreeing_count, 2);
  EXPECT_FALSE(most.is_unanimous);
}

// Rule G3: after a failover the old primary comes back, or its side of the
// partition is all that answers.
TEST(ChooseTopologyTest, OlderViewsAreOutHoweverMany) {
  const TopologyChoice last = Choose({View("b", kAfter)});
  EXPECT_FALSE(
      ChooseTopology(std::vector{View("a", kBefore)}, &last).has_value());
  const TopologyChoice next = Choose(
      {View("a", kBefore), View("x", kBefore), View("r", kAfter)}, &last);
  EXPECT_EQ(OwnerOf(0, next), "r");
  EXPECT_EQ(next.agreeing_count, 1);
  EXPECT_FALSE(next.is_unanimous);
}

TEST(ChooseTopologyTest, AViewThatIsOlderInOneSlotOnlyIsOut) {
  const TopologyChoice last =
      Choose({View("a", {{"a", 0, 99, 1}, {"b", 100, 16383, 5}})});
  EXPECT_FALSE(ChooseTopology(std::vector{View("a", {{"a", 0, 100, 1},
                                                     {"b", 101, 16383, 5}})},
                              &last)
                   .has_value());
  // Moved as it should be: the new owner has a new greatest epoch.
  EXPECT_EQ(
      OwnerOf(100, Choose({View("a", {{"a", 0, 100, 6}, {"b", 101, 16383, 5}})},
                          &last)),
      "a");
}

TEST(ChooseTopologyTest, AnOlderViewDoesNotComeBackThroughUnassignedSlots) {
  const TopologyChoice after = Choose({View("b", kAfter)});
  // For a while nobody can say where r is.
  const TopologyChoice hole =
      Choose({View("b", {kAfter[1], kAfter[2]})}, &after);
  EXPECT_EQ(OwnerOf(0, hole), "nobody");
  EXPECT_FALSE(
      ChooseTopology(std::vector{View("a", kBefore)}, &hole).has_value());
  EXPECT_EQ(OwnerOf(0, Choose({View("b", kAfter)}, &hole)), "r");
}

TEST(ChooseTopologyTest, AClusterMadeAnewIsNoOlderView) {
  const TopologyChoice last = Choose({View("b", kAfter)});
  EXPECT_EQ(OwnerOf(0, Choose({View("n", {{"n", 0, 16383, 0}})}, &last)), "n");
  // A node of the old one is in it.
  EXPECT_FALSE(
      ChooseTopology(
          std::vector{View("n", {{"n", 0, 16383, 0}, {"b", -1, -1, 0}})}, &last)
          .has_value());
}

// CLUSTER DELSLOTS and ADDSLOTS give slots away without a new epoch.
TEST(ChooseTopologyTest, MostPrimariesMayDealOutSlotsByHand) {
  const TopologyChoice last = Choose({View("b", kAfter)});
  const std::vector<Owner> by_hand = {
      {"r", 0, 99, 4}, {"b", 100, 10922, 2}, {"c", 10923, 16383, 3}};
  EXPECT_FALSE(
      ChooseTopology(std::vector{View("b", by_hand)}, &last).has_value());
  // Replicas and strangers do not count.
  EXPECT_FALSE(
      ChooseTopology(std::vector{View("b", by_hand), View("x", by_hand),
                                 View("", by_hand)},
                     &last)
          .has_value());
  EXPECT_EQ(
      OwnerOf(100, Choose({View("b", by_hand), View("c", by_hand)}, &last)),
      "b");
}

TEST(ChooseTopologyTest, HalfOfThePrimariesAreNotMost) {
  const TopologyChoice last =
      Choose({View("a", {{"a", 0, 99, 1}, {"b", 100, 16383, 2}})});
  const std::vector<Owner> by_hand = {{"a", 0, 199, 1}, {"b", 200, 16383, 2}};
  EXPECT_FALSE(
      ChooseTopology(std::vector{View("a", by_hand)}, &last).has_value());
  EXPECT_TRUE(
      ChooseTopology(std::vector{View("a", by_hand), View("b", by_hand)}, &last)
          .has_value());
}

TEST(ChooseTopologyTest, AmongEqualsTheLaterChangeWins) {
  EXPECT_EQ(OwnerOf(0, Choose({View("a", kBefore), View("r", kAfter)})), "r");
  EXPECT_EQ(OwnerOf(0, Choose({View("r", kAfter), View("a", kBefore)})), "r");
  // A shard left; its slots went to b with a new epoch. The sum is smaller.
  const std::vector<Owner> three = {
      {"a", 0, 99, 7}, {"b", 100, 199, 8}, {"c", 200, 16383, 9}};
  const std::vector<Owner> two = {{"b", 0, 199, 10}, {"c", 200, 16383, 9}};
  EXPECT_EQ(OwnerOf(0, Choose({View("a", three), View("b", two)})), "b");
  // Both know the latest change; one lacks the one before.
  const std::vector<Owner> lacks = {{"a", 0, 99, 1}, {"c", 100, 16383, 9}};
  const std::vector<Owner> knows = {{"r", 0, 99, 8}, {"c", 100, 16383, 9}};
  EXPECT_EQ(OwnerOf(0, Choose({View("a", lacks), View("c", knows)})), "r");
  // Epochs of shards without slots say nothing about slots.
  const std::vector<Owner> empty = {{"a", 0, 16383, 5}, {"e", -1, -1, 99}};
  const std::vector<Owner> full = {{"r", 0, 16383, 6}};
  EXPECT_EQ(OwnerOf(0, Choose({View("a", empty), View("r", full)})), "r");
}

TEST(ChooseTopologyTest, AmongEqualsOfOneEpochTheFullerWins) {
  const std::vector<Owner> full = {{"a", 0, 16383, 1}};
  const std::vector<Owner> hole = {{"a", 0, 16382, 1}};
  EXPECT_EQ(OwnerOf(16383, Choose({View("x", hole), View("y", full)})), "a");
  EXPECT_EQ(OwnerOf(16383, Choose({View("x", full), View("y", hole)})), "a");
}

TEST(ChooseTopologyTest, AmongEqualsInAllTheLastOneStays) {
  const std::vector<Owner> x = {{"a", 0, 16383, 1, "x"}};
  const std::vector<Owner> y = {{"a", 0, 16383, 1, "y"}};
  for (const std::vector<Owner>& stays : {x, y}) {
    const TopologyChoice last = Choose({View("1", stays)});
    EXPECT_EQ(Choose({View("1", x), View("2", y)}, &last).topology->version(),
              last.topology->version());
  }
  // Without a last one, the same each time.
  EXPECT_EQ(Choose({View("1", x), View("2", y)}).topology->version(),
            std::min(View("1", x).topology->version(),
                     View("2", y).topology->version()));
}

TEST(ChooseTopologyTest, WithoutEpochsCountsDecideAndTheLastOneStays) {
  const TopologyChoice last = Choose({View("", kAfter, false)});
  EXPECT_EQ(
      OwnerOf(0, Choose({View("", kBefore, false), View("", kAfter, false)},
                        &last)),
      "r");
  // Epochs of one of two equals decide nothing.
  EXPECT_EQ(
      OwnerOf(0, Choose({View("a", kBefore), View("", kAfter, false)}, &last)),
      "r");
  EXPECT_EQ(
      OwnerOf(0, Choose({View("", kBefore, false), View("", kBefore, false),
                         View("", kAfter, false)},
                        &last)),
      "a");
}

TEST(ChooseTopologyTest, RemembersEpochsWhileTheyAreHidden) {
  const TopologyChoice shown = Choose({View("b", kAfter)});
  const TopologyChoice hidden = Choose({View("", kAfter, false)}, &shown);
  EXPECT_FALSE(
      ChooseTopology(std::vector{View("a", kBefore)}, &hidden).has_value());
}

TEST(ChooseTopologyTest, OneNodeThatMakesUpEpochsMovesNothing) {
  std::vector<Owner> made_up = kBefore;
  made_up[0].epoch = 1000;
  const TopologyChoice choice =
      Choose({View("a", made_up), View("b", kBefore), View("c", kBefore)});
  EXPECT_EQ(choice.slot_epochs[0], 1u);
  // So the failover that follows is not taken for older.
  EXPECT_EQ(OwnerOf(0, Choose({View("b", kAfter)}, &choice)), "r");
}

TEST(ChooseTopologyTest, TheEpochOfAnOwnerNeverFalls) {
  std::vector<Owner> again = kBefore;
  again[0].epoch = 9;
  const TopologyChoice back = Choose({View("b", again)});
  // Nodes that have slept through two failovers have the right view.
  const TopologyChoice same = Choose({View("x", kBefore)}, &back);
  EXPECT_EQ(same.slot_epochs[0], 9u);
  EXPECT_FALSE(
      ChooseTopology(std::vector{View("r", kAfter)}, &same).has_value());
}

// Which view a random cluster's nodes have is any mix of these.
class RandomViews {
 public:
  explicit RandomViews(uint64_t seed) : random_(seed) {}

  size_t Below(size_t end) { return random_() % end; }

  // A topology with one of a few owners, cuts and epochs.
  std::vector<Owner> Owners() {
    const int cut = static_cast<int>(1 + Below(3)) * 4000;
    return {{absl::StrCat("a", Below(3)), 0, cut - 1, Below(4)},
            {"b", cut, static_cast<int>(16382 + Below(2)), Below(4)}};
  }

  std::vector<ClusterView> Views() {
    std::vector<std::vector<Owner>> known;
    for (size_t i = 0; i < 1 + Below(3); ++i) known.push_back(Owners());
    std::vector<ClusterView> views;
    const size_t count = 1 + Below(6);
    for (size_t i = 0; i < count; ++i) {
      views.push_back(View(i == 0 ? "b" : absl::StrCat("a", i),
                           known[Below(known.size())], Below(8) != 0));
    }
    return views;
  }

  void Shuffle(std::vector<ClusterView>& views) {
    std::shuffle(views.begin(), views.end(), random_);
  }

 private:
  std::mt19937_64 random_;
};

TEST(ChooseTopologyTest, TheOrderOfTheViewsDoesNotMatter) {
  RandomViews random(RandomSeed());
  std::optional<TopologyChoice> last;
  for (int round = 0; round < 500; ++round) {
    std::vector<ClusterView> views = random.Views();
    const TopologyChoice* before = last.has_value() ? &*last : nullptr;
    const std::optional<TopologyChoice> one = ChooseTopology(views, before);
    random.Shuffle(views);
    const std::optional<TopologyChoice> other = ChooseTopology(views, before);
    ASSERT_EQ(one.has_value(), other.has_value());
    if (!one.has_value()) {
      last.reset();
      continue;
    }
    ASSERT_EQ(one->topology->version(), other->topology->version());
    ASSERT_EQ(one->slot_epochs, other->slot_epochs);
    ASSERT_EQ(one->agreeing_count, other->agreeing_count);
    ASSERT_EQ(one->is_unanimous, other->is_unanimous);
    last = one;
  }
}

TEST(ChooseTopologyTest, AUnanimousViewThatIsNotOlderAlwaysWins) {
  RandomViews random(RandomSeed());
  std::optional<TopologyChoice> last;
  uint64_t epoch = 4;
  for (int round = 0; round < 300; ++round) {
    // Every change takes a new greatest epoch.
    std::vector<Owner> owners = random.Owners();
    for (Owner& owner : owners) owner.epoch = ++epoch;
    std::vector<ClusterView> views;
    for (size_t i = 0; i < 1 + random.Below(5); ++i) {
      views.push_back(View(absl::StrCat("n", i), owners));
    }
    const std::optional<TopologyChoice> choice =
        ChooseTopology(views, last.has_value() ? &*last : nullptr);
    ASSERT_TRUE(choice.has_value());
    ASSERT_EQ(choice->topology->version(), views[0].topology->version());
    ASSERT_TRUE(choice->is_unanimous);
    last = choice;
  }
}

// A cluster of five primaries fails over again and again: a replica takes over,
// a new one comes, the old primary goes. Nodes are up to four failovers behind,
// so that they have a node in common with now; some looks reach only such.
TEST(ChooseTopologyTest, NeverGoesBackWhileFewerThanMostPrimariesSaySo) {
  RandomViews random(RandomSeed());
  constexpr size_t kPrimaries = 5;
  std::vector<std::vector<Owner>> history(1);
  for (size_t i = 0; i < kPrimaries; ++i) {
    const int first = static_cast<int>(i) * 3000;
    history[0].push_back({absl::StrCat("p", i), first,
                          i + 1 == kPrimaries ? 16383 : first + 2999, i + 1,
                          "10.0.0.1", absl::StrCat("r", i)});
  }
  std::vector<std::string> versions = {
      View("x", history[0]).topology->version()};
  const auto age_of = [&](const TopologyChoice& choice) {
    return std::find(versions.begin(), versions.end(),
                     choice.topology->version()) -
           versions.begin();
  };
  TopologyChoice last = Choose({View("p0", history[0])});
  for (size_t round = 1; round < 300; ++round) {
    if (random.Below(3) == 0) {
      std::vector<Owner> next = history.back();
      Owner& failed = next[random.Below(kPrimaries)];
      failed.id = std::exchange(failed.replica, absl::StrCat("n", round));
      failed.epoch = 100 + round;
      history.push_back(next);
      versions.push_back(View("x", next).topology->version());
    }
    // At most two primaries of now, and any number of others, are behind.
    std::vector<ClusterView> views;
    for (size_t i = 0; i < 1 + random.Below(6); ++i) {
      const bool is_primary = i < 2;
      const size_t behind = std::min(random.Below(5), history.size() - 1);
      const size_t known = history.size() - 1 - behind;
      views.push_back(View(is_primary
                               ? last.topology->shards()[i].primary.node_id
                               : absl::StrCat("replica", i),
                           history[known]));
    }
    random.Shuffle(views);
    const std::optional<TopologyChoice> choice = ChooseTopology(views, &last);
    if (!choice.has_value()) continue;
    ASSERT_GE(age_of(*choice), age_of(last)) << "in round " << round;
    last = *choice;
  }
  // The cluster agrees in the end.
  EXPECT_EQ(age_of(Choose({View("x", history.back())}, &last)),
            static_cast<std::ptrdiff_t>(history.size()) - 1);
}

SlotMigration Migration(int slot, const std::string& source,
                        const std::string& target) {
  return {
      .slot = Slot(slot), .source_node_id = source, .target_node_id = target};
}

TEST(ChooseMigrationsTest, KeepsThoseOfTheOwnerAscendingBySlot) {
  const ClusterView view = View("a", kBefore);
  EXPECT_THAT(ChooseMigrations({{Migration(9, "a", "b"), true},
                                {Migration(16000, "c", "a"), false},
                                {Migration(3, "a", "unlisted"), true}},
                               *view.topology),
              ElementsAre(Migration(3, "a", "unlisted"), Migration(9, "a", "b"),
                          Migration(16000, "c", "a")));
}

TEST(ChooseMigrationsTest, DropsWhatTheTopologyContradicts) {
  const ClusterView view = View("a", {{"a", 0, 99, 1}, {"b", 100, 16382, 2}});
  EXPECT_THAT(
      ChooseMigrations({{Migration(100, "a", "b"), true},  // Is there.
                        {Migration(100, "a", "b"), false},
                        {Migration(5, "b", "c"), true},      // Not its.
                        {Migration(16383, "a", "b"), true},  // Nobody's.
                        {Migration(7, "a", "a"), true}},
                       *view.topology),
      IsEmpty());
}

TEST(ChooseMigrationsTest, GivesOneASlotTheSourcesWordFirst) {
  const ClusterView view = View("a", kBefore);
  std::vector<ReportedMigration> reported = {{Migration(1, "a", "b"), false},
                                             {Migration(1, "a", "c"), true},
                                             {Migration(2, "a", "c"), false},
                                             {Migration(2, "a", "b"), false}};
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(ChooseMigrations(reported, *view.topology),
                ElementsAre(Migration(1, "a", "c"), Migration(2, "a", "b")));
    std::reverse(reported.begin(), reported.end());
  }
}

}  // namespace
}  // namespace slotplanner
