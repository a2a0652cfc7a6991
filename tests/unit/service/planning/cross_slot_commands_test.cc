// SPDX-License-Identifier: Apache-2.0
// What a plan counts of commands whose keys are in more than one slot.
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/planning/plan_batch.h"
#include "tests/support/plan_fixture.h"

namespace slotplanner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// As `mget split 2 refused 0`, one for each command.
std::vector<std::string> CountsOf(const PlannedBatch& batch) {
  std::vector<std::string> counts;
  for (const CrossSlotCommand& command : batch.plan().cross_slot_commands) {
    counts.push_back(std::string(command.name) + " split " +
                     std::to_string(command.split_count) + " refused " +
                     std::to_string(command.refused_count));
  }
  return counts;
}

TEST(CrossSlotCommandsTest, AreNoneWhereEachCommandIsInOneSlot) {
  EXPECT_THAT(CountsOf(Plan({"GET foo", "MGET {a}1 {a}2", "PING", "FLUSHALL",
                             "MULTI", "SET foo 1", "EXEC"})),
              IsEmpty());
  EXPECT_THAT(CountsOf(Plan({})), IsEmpty());
}

TEST(CrossSlotCommandsTest, AreCountedByNameAndVerdict) {
  EXPECT_THAT(CountsOf(Plan({"RENAME foo bar", "GET foo", "MGET foo bar",
                             "mget bar foo", "RENAME bar foo", "DEL foo bar",
                             "MGET {a}1 {a}2", "RENAME {a}1 {a}2"})),
              ElementsAre("rename split 0 refused 2", "mget split 2 refused 0",
                          "del split 1 refused 0"));
}

TEST(CrossSlotCommandsTest, AreRefusedWhereThePolicyForbidsTheSplit) {
  const PlannedBatch batch(ThreeShards(), {"MGET foo bar"},
                           ReadPreference::kPrimary, "", SplitPolicy::kAtomic);
  EXPECT_THAT(CountsOf(batch), ElementsAre("mget split 0 refused 1"));
}

TEST(CrossSlotCommandsTest, AreNamedAsInTheCatalog) {
  EXPECT_THAT(CountsOf(Plan({"XREAD STREAMS foo bar 0 0", "EVAL s 2 foo bar"})),
              ElementsAre("xread split 0 refused 1", "eval split 0 refused 1"));
}

TEST(CrossSlotCommandsTest, AreFoundByThePatternsOfSortToo) {
  EXPECT_THAT(CountsOf(Plan({"SORT foo BY weight_*", "SORT foo"})),
              ElementsAre("sort split 0 refused 1"));
}

TEST(CrossSlotCommandsTest, CountATransactionOnceAsMulti) {
  EXPECT_THAT(CountsOf(Plan({"MULTI", "SET foo 1", "SET bar 1", "EXEC"})),
              ElementsAre("multi split 0 refused 1"));
  EXPECT_THAT(CountsOf(Plan({"WATCH foo", "MULTI", "SET bar 1", "EXEC"})),
              ElementsAre("multi split 0 refused 1"));
}

TEST(CrossSlotCommandsTest, CountThoseInATransactionToo) {
  EXPECT_THAT(CountsOf(Plan({"MULTI", "SET foo 1", "MGET foo bar", "EXEC"})),
              ElementsAre("multi split 0 refused 1", "mget split 0 refused 1"));
}

TEST(CrossSlotCommandsTest, LeaveOutWhatIsRefusedForAnotherReason) {
  // In no plan, too few arguments, no such command, no EXEC.
  EXPECT_THAT(CountsOf(Plan({"SSUBSCRIBE foo bar", "RENAME foo", "NOSUCH foo",
                             "MULTI", "MGET foo bar", "SET foo 1"})),
              IsEmpty());
}

TEST(CrossSlotCommandsTest, AreNotCountedWhereASlotHasNoNode) {
  const PlannedBatch batch({.topology = std::make_shared<const ClusterTopology>(
                                *ClusterTopology::Make({})),
                            .catalog = CommandCatalog::Redis70(),
                            .confirm_time = absl::UnixEpoch()},
                           {"MGET foo bar", "RENAME foo bar"});
  EXPECT_THAT(CountsOf(batch), ElementsAre("rename split 0 refused 1"));
}

}  // namespace
}  // namespace slotplanner
