// SPDX-License-Identifier: Apache-2.0
#include "service/planning/command_policy.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/plan_fixture.h"

namespace slotplanner {
namespace {

RetrySafety SafetyOf(const std::string& name) {
  return RetrySafetyOf(*CommandCatalog::Redis70()->Find(name));
}

TEST(CommandPolicyTest, KnowsWhatIsSafeToSendTwice) {  // Rule E4.
  for (const char* name :
       {"get", "mget", "exists", "touch", "sort_ro", "dbsize", "ping"}) {
    EXPECT_EQ(SafetyOf(name), RetrySafety::kSafe) << name;
  }
  for (const char* name : {"mset", "del", "unlink"}) {
    EXPECT_EQ(SafetyOf(name), RetrySafety::kSameState) << name;
  }
  for (const char* name : {"incr", "lpush", "msetnx", "eval", "publish", "set",
                           "getset", "rename", "exec"}) {
    EXPECT_EQ(SafetyOf(name), RetrySafety::kUnsafe) << name;
  }
}

TEST(CommandPolicyTest, RefusesWhatClusterModeLacks) {  // Rule C10.
  for (const char* command :
       {"SWAPDB 0 1", "MOVE k 1", "SELECT 1", "SELECT x", "COPY {u}1 {u}2 DB 1",
        "COPY {u}1 {u}2 REPLACE db 3", "REPLICAOF NO ONE", "SLAVEOF h 1"}) {
    EXPECT_EQ(Plan({command}).reason(0), RefusalReason::kNotPlannable)
        << command;
  }
  for (const char* command :
       {"SELECT 0", "COPY {u}1 {u}2", "COPY {u}1 {u}2 DB 0"}) {
    EXPECT_FALSE(Plan({command}).command(0).refusal) << command;
  }
}

TEST(CommandPolicyTest, RefusesWhatBelongsToAConnection) {  // Rule C10.
  for (const char* command :
       {"SUBSCRIBE c", "PSUBSCRIBE c", "SSUBSCRIBE c", "UNSUBSCRIBE c",
        "MONITOR", "CLIENT REPLY OFF", "CLIENT TRACKING ON", "HELLO 3",
        "AUTH p", "RESET", "QUIT", "READONLY", "READWRITE", "ASKING"}) {
    EXPECT_EQ(Plan({command}).reason(0), RefusalReason::kNotPlannable)
        << command;
  }
}

TEST(CommandPolicyTest, SaysWhereARefusedChannelHashes) {  // Rule B8.
  const auto batch = Plan({"SSUBSCRIBE foo", "SPUBLISH foo m"});
  ASSERT_EQ(batch.command(0).refusal->keys.size(), 1u);
  EXPECT_EQ(batch.command(0).refusal->keys[0].slot, HashSlot::OfKey("foo"));
  EXPECT_EQ(batch.command(1).verdict, Verdict::kSingleSlot);
}

}  // namespace
}  // namespace slotplanner
