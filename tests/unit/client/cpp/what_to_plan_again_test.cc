// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/what_to_plan_again.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tests/unit/client/cpp/ran_batch.h"

namespace slotplanner {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kSafe = v1::RETRY_SAFETY_SAFE;
constexpr auto kSameState = v1::RETRY_SAFETY_SAME_STATE;
constexpr auto kUnsafe = v1::RETRY_SAFETY_UNSAFE;
constexpr auto kSplit = v1::VERDICT_SPLIT;
constexpr auto kFanOut = v1::VERDICT_FAN_OUT;
constexpr auto kAnyNode = v1::VERDICT_ANY_NODE;
constexpr auto kSum = v1::MERGE_OPERATION_SUM;

// As in "0" for a whole command and "1.2" for a part of one.
std::vector<std::string> AgainOf(const RanBatch& batch) {
  std::vector<std::string> names;
  for (const PlanAgain& again : WhatToPlanAgain(
           batch.request.commands(), batch.plan, batch.result.commands)) {
    names.push_back(absl::StrCat(again.command_index));
    if (again.part_index)
      absl::StrAppend(&names.back(), ".", *again.part_index);
  }
  return names;
}

// Rules E3, E4.
TEST(WhatToPlanAgainTest, IsWhatNoNodeCanHaveExecuted) {
  struct Case {
    PartResult part;
    v1::RetrySafety retry_safety;
    bool is_again;
  };
  const std::vector<Case> cases = {
      {Applied(), kSafe, false},
      {NotSent(), kUnsafe, true},
      {NotSent(absl::DeadlineExceededError("slow")), kUnsafe, true},
      {NotSent(absl::UnauthenticatedError("password")), kSafe, false},
      {NotSent(absl::FailedPreconditionError("READONLY")), kSafe, false},
      {Unknown(), kSafe, true},
      {Unknown(), kSameState, false},
      {Unknown(), kUnsafe, false},
      {Failed("MOVED 1 10.0.0.1:7000"), kUnsafe, true},
      {Failed("MOVED 1 ?:7000"), kUnsafe, true},
      {Failed("ASK 1 10.0.0.1:7000"), kUnsafe, true},
      {Failed("TRYAGAIN Multiple keys"), kUnsafe, true},
      {Failed("CLUSTERDOWN The cluster is down"), kUnsafe, true},
      {Failed("LOADING dataset"), kUnsafe, true},
      {Failed("MASTERDOWN link"), kSafe, true},
      {Failed("READONLY You can't write"), kUnsafe, true},
      {Failed("WRONGTYPE bad"), kSafe, false},
      {Failed("ERR MOVED 1 10.0.0.1:7000"), kSafe, false},
      {Failed("MOVEDTO"), kSafe, false},
  };
  for (const Case& c : cases) {
    RanBatch batch;
    batch.AddCommand("GET a", c.retry_safety).AddPart(1, c.part);
    EXPECT_EQ(AgainOf(batch).size(), c.is_again ? 1u : 0u)
        << c.part.reply.text << c.part.cause;
  }
}

TEST(WhatToPlanAgainTest, RefusalsAreFinal) {
  EXPECT_THAT(AgainOf(RanBatch()
                          .AddRefused("RENAME a b", "Cross slot.")
                          .AddCommand("GET a", kSafe)
                          .AddPart(1, NotSent())),
              ElementsAre("1"));
}

TEST(WhatToPlanAgainTest, PartsOfASplitCommandAreForThemselves) {
  EXPECT_THAT(AgainOf(RanBatch()
                          .AddCommand("DEL a b c d", kSameState, kSplit, kSum)
                          .AddPart(1, Applied(RespValue::Integer(1)), {0, 1})
                          .AddPart(2, NotSent(), {0, 2})
                          .AddPart(3, Unknown(), {0, 3})
                          .AddPart(4, Failed("MOVED 4 n:1"), {0, 4})),
              ElementsAre("0.1", "0.3"));
}

TEST(WhatToPlanAgainTest, ACommandForManyNodesIsOneWhole) {
  struct Case {
    v1::RetrySafety retry_safety;
    PartResult first;
    PartResult second;
    bool is_again;
  };
  for (const Case& c : std::vector<Case>{
           {kSafe, Applied(), NotSent(), true},
           {kSafe, Applied(), Unknown(), true},
           {kSafe, Applied(), Applied(), false},
           {kSafe, Failed("ERR no"), Failed("ERR no"), false},
           {kSameState, Applied(), NotSent(), false},
           {kSameState, Unknown(), NotSent(), false},
           {kUnsafe, Failed("CLUSTERDOWN"), NotSent(), true},
           {kUnsafe, NotSent(absl::UnauthenticatedError("")), NotSent(), true},
       }) {
    EXPECT_EQ(AgainOf(RanBatch()
                          .AddCommand("DBSIZE", c.retry_safety, kFanOut, kSum)
                          .AddPart(-1, c.first)
                          .AddPart(-1, c.second)),
              c.is_again ? std::vector<std::string>{"0"}
                         : std::vector<std::string>{});
  }
}

TEST(WhatToPlanAgainTest, WhatSpeaksOfItsConnectionIsNot) {
  for (const std::string words :
       {"WAIT 1 0", "waitaof 1 1 0", "UNWATCH", "WATCH a"}) {
    EXPECT_THAT(AgainOf(RanBatch()
                            .AddCommand(words, kSafe, kAnyNode)
                            .AddPart(-1, NotSent())),
                IsEmpty())
        << words;
  }
}

// Rules D1, D4.
TEST(WhatToPlanAgainTest, NothingRunsOutOfItsOrder) {
  const auto write = [](RanBatch& batch, int slot, const PartResult& part) {
    batch.AddCommand("INCR a", kUnsafe).AddPart(slot, part);
  };
  const auto read = [](RanBatch& batch, int slot, const PartResult& part) {
    batch.AddCommand("GET a", kSafe).AddPart(slot, part);
  };
  struct Case {
    std::string first;  // "w" or "r" and the slot. It was not sent.
    std::string second;
    PartResult second_part;
    std::vector<std::string> again;
  };
  const std::vector<Case> cases = {
      {"w1", "w1", NotSent(), {"0", "1"}},
      {"w1", "w1", Applied(), {}},
      {"w1", "w1", Unknown(), {}},
      {"w1", "w1", Failed("WRONGTYPE"), {}},
      {"w1", "w1", NotSent(absl::UnauthenticatedError("")), {"0"}},
      {"w1", "w2", Applied(), {"0"}},
      {"w1", "r1", Applied(), {}},
      {"w1", "r1", Unknown(), {"0", "1"}},
      {"r1", "w1", Applied(), {}},
      {"r1", "r1", Applied(), {"0"}},
      {"r1", "w2", Applied(), {"0"}},
  };
  for (const Case& c : cases) {
    RanBatch batch;
    const auto add = [&](const std::string& what, const PartResult& part) {
      (what[0] == 'w' ? write : read)(batch, what[1] - '0', part);
    };
    add(c.first, NotSent());
    add(c.second, c.second_part);
    EXPECT_EQ(AgainOf(batch), c.again) << c.first << " " << c.second;
  }
}

TEST(WhatToPlanAgainTest, ACommandThatStaysBehindDoesNotStopThoseBehindIt) {
  RanBatch batch;
  batch.AddCommand("INCR a").AddPart(1, Unknown());
  batch.AddCommand("INCR a").AddPart(1, NotSent());
  EXPECT_THAT(AgainOf(batch), ElementsAre("1"));
}

// While a slot moves, each key is a part; a key that is there twice is in two.
TEST(WhatToPlanAgainTest, PartsOfOneSlotAreInOrder) {
  const auto batch = [](const PartResult& first, const PartResult& second) {
    return RanBatch()
        .AddCommand("MSET a 1 a 2", kSameState, kSplit,
                    v1::MERGE_OPERATION_ALL_SUCCEEDED)
        .AddPart(1, first, {0, 1, 2})
        .AddPart(1, second, {0, 3, 4});
  };
  EXPECT_THAT(AgainOf(batch(NotSent(), Applied())), IsEmpty());
  EXPECT_THAT(AgainOf(batch(Applied(), NotSent())), ElementsAre("0.1"));
  EXPECT_THAT(AgainOf(batch(NotSent(), NotSent())), ElementsAre("0.0", "0.1"));
}

// Rule D4.
TEST(WhatToPlanAgainTest, ACommandForManyNodesHasAllSlots) {
  RanBatch behind;
  behind.AddCommand("INCR a").AddPart(1, NotSent());
  behind.AddCommand("FLUSHALL", kSameState, kFanOut).AddPart(-1, Applied());
  behind.plan.mutable_command_plans(1)->mutable_merge()->set_operation(
      v1::MERGE_OPERATION_ALL_SUCCEEDED);
  behind.AddPart(-1, Applied());
  EXPECT_THAT(AgainOf(behind), IsEmpty());

  RanBatch before;
  before
      .AddCommand("FLUSHALL", kSameState, kFanOut,
                  v1::MERGE_OPERATION_ALL_SUCCEEDED)
      .AddPart(-1, NotSent())
      .AddPart(-1, NotSent());
  before.AddCommand("INCR a").AddPart(1, Applied());
  EXPECT_THAT(AgainOf(before), IsEmpty());
}

// Rule C8: a WAIT has parts of its own on the nodes that writes went to.
TEST(WhatToPlanAgainTest, AWaitSpeaksOnlyOfWritesThatItsNodeGot) {
  const auto batch = [](const PartResult& wait) {
    RanBatch made;
    made.AddCommand("INCR a").AddPart(1, NotSent());
    made.AddCommand("GET b", kSafe).AddPart(2, NotSent());
    made.AddCommand("WAIT 1 0", kUnsafe, kFanOut, v1::MERGE_OPERATION_MIN)
        .AddPart(-1, wait)
        .AddPart(-1, Applied(RespValue::Integer(1)), {}, {}, "other");
    return made;
  };
  EXPECT_THAT(AgainOf(batch(NotSent())), ElementsAre("0", "1"));
  EXPECT_THAT(AgainOf(batch(Applied(RespValue::Integer(1)))), ElementsAre("1"));
}

TEST(WhatToPlanAgainTest, CommandsForAnyNodeKeepTheirOrder) {
  RanBatch batch;
  batch.AddCommand("PUBLISH c 1", kUnsafe, kAnyNode).AddPart(-1, NotSent());
  batch.AddCommand("PUBLISH c 2", kUnsafe, kAnyNode).AddPart(-1, Applied());
  batch.AddCommand("PUBLISH c 3", kUnsafe, kAnyNode).AddPart(-1, NotSent());
  EXPECT_THAT(AgainOf(batch), ElementsAre("2"));
}

// `WATCH a`, `GET a`, `MULTI`, `INCR a`, `EXEC`.
RanBatch Transaction(PartResult watch, PartResult multi, PartResult incr,
                     PartResult exec) {
  RanBatch batch;
  batch.AddCommand("WATCH a").AddPart(1, std::move(watch));
  batch.AddCommand("GET b", kSafe).AddPart(2, Applied());
  batch.AddCommand("MULTI").AddPart(-1, std::move(multi));
  batch.AddCommand("INCR a").AddPart(1, std::move(incr));
  batch.AddCommand("EXEC").AddPart(-1, std::move(exec));
  return batch;
}

PartResult Queued() { return Applied(RespValue::Status("QUEUED")); }

// Rule D3.
TEST(WhatToPlanAgainTest, ATransactionIsOneWhole) {
  const PartResult watch_failed =
      NotSent(absl::FailedPreconditionError("The WATCH before it failed."));
  const PartResult aborted = Failed("EXECABORT Transaction discarded");
  const std::vector<std::string> whole = {"0", "2", "3", "4"};
  struct Case {
    RanBatch batch;
    std::vector<std::string> again;
  };
  for (const Case& c : std::vector<Case>{
           {Transaction(NotSent(), NotSent(), NotSent(), NotSent()), whole},
           {Transaction(Applied(), NotSent(), NotSent(), NotSent()), whole},
           {Transaction(Failed("MOVED 1 n:1"), watch_failed, watch_failed,
                        watch_failed),
            whole},
           {Transaction(Failed("NOPERM"), watch_failed, watch_failed,
                        watch_failed),
            {}},
           {Transaction(Applied(), Applied(), Failed("READONLY no"), aborted),
            whole},
           {Transaction(Applied(), Applied(), Failed("ERR syntax"), aborted),
            {}},
           {Transaction(Applied(), Applied(), Queued(), Failed("MOVED 1 n:1")),
            whole},
           {Transaction(Applied(), Applied(), Queued(),
                        Applied(RespValue::Nil())),
            {}},
           {Transaction(Applied(), Unknown(), Unknown(), Unknown()), {}},
           // Without MULTI the node executes what follows.
           {Transaction(Applied(), Failed("LOADING"), Applied(),
                        Failed("ERR EXEC without MULTI")),
            {}},
       }) {
    EXPECT_EQ(AgainOf(c.batch), c.again);
  }
}

// Rule D1.
TEST(WhatToPlanAgainTest, ATransactionIsInOrderWithItsSlot) {
  RanBatch batch = Transaction(NotSent(), NotSent(), NotSent(), NotSent());
  batch.AddCommand("GET a", kSafe).AddPart(1, Applied());
  EXPECT_THAT(AgainOf(batch), IsEmpty());
}

}  // namespace
}  // namespace slotplanner
