// SPDX-License-Identifier: Apache-2.0
#include "service/planning/batch_plan.h"

#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slotplanner {
namespace {

using enum Guarantee;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(GuaranteeSetTest, HoldsItsGuaranteesAscending) {
  EXPECT_THAT(GuaranteeSet(), IsEmpty());
  EXPECT_THAT(GuaranteeSet({kAtomicWrite}), ElementsAre(kAtomicWrite));
  EXPECT_THAT(GuaranteeSet({kSnapshotRead}), ElementsAre(kSnapshotRead));
  EXPECT_THAT(GuaranteeSet({kAllOrNothing}), ElementsAre(kAllOrNothing));
  EXPECT_THAT(GuaranteeSet({kSnapshotRead, kAtomicWrite}),
              ElementsAre(kAtomicWrite, kSnapshotRead));
  EXPECT_THAT(GuaranteeSet({kAllOrNothing, kAtomicWrite}),
              ElementsAre(kAtomicWrite, kAllOrNothing));
  EXPECT_THAT(GuaranteeSet({kAllOrNothing, kSnapshotRead}),
              ElementsAre(kSnapshotRead, kAllOrNothing));
  EXPECT_THAT(GuaranteeSet({kAllOrNothing, kSnapshotRead, kAtomicWrite}),
              ElementsAre(kAtomicWrite, kSnapshotRead, kAllOrNothing));
  EXPECT_THAT(GuaranteeSet({kSnapshotRead, kSnapshotRead}),
              ElementsAre(kSnapshotRead));
}

TEST(OptionalRefusalTest, HoldsARefusalOrNone) {
  EXPECT_FALSE(OptionalRefusal());
  OptionalRefusal refusal = Refusal{RefusalReason::kSyntax, "message"};
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->reason, RefusalReason::kSyntax);
  const OptionalRefusal moved = std::move(refusal);
  ASSERT_TRUE(moved.has_value());
  EXPECT_EQ(moved.value().message, "message");
}

TEST(CommandPlanTest, TakesLittleRoom) { EXPECT_LE(sizeof(CommandPlan), 16u); }

}  // namespace
}  // namespace slotplanner
