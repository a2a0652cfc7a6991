// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/deliveries.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

using ::testing::ElementsAre;

using Stages = std::vector<std::vector<PlannedPart>>;

// Parts for the nodes with these ports, each the words of a command.
struct Line {
  int port;
  std::string_view words;
};

std::vector<PlannedPart> Parts(const std::vector<Line>& lines) {
  std::vector<PlannedPart> parts;
  for (const Line& line : lines) {
    PlannedPart& part = parts.emplace_back();
    part.endpoint = {.host = "n", .port = line.port};
    for (const absl::string_view word :
         absl::StrSplit(ToAbsl(line.words), ' ')) {
      part.args.push_back(ToStd(word));
    }
  }
  return parts;
}

// The steps of each stage, as in "WATCH a | MULTI,EXEC".
std::vector<std::string> StepsOf(const Stages& stages) {
  const auto grouped = GroupIntoDeliveries(stages);
  EXPECT_TRUE(grouped.ok()) << grouped.status();
  std::vector<std::string> texts;
  for (const std::vector<DeliveryStep>& steps : grouped->stages) {
    std::vector<std::string> step_texts;
    for (const DeliveryStep& step : steps) {
      const Delivery& delivery = grouped->deliveries[step.delivery];
      std::vector<std::string> names;
      for (size_t i = step.first; i < step.end; ++i) {
        names.emplace_back(delivery.parts[i]->args[0]);
      }
      step_texts.push_back(absl::StrJoin(names, ",") + " of " +
                           std::to_string(step.delivery));
    }
    texts.push_back(absl::StrJoin(step_texts, " | "));
  }
  return texts;
}

absl::StatusCode CodeOf(const Stages& stages) {
  return GroupIntoDeliveries(stages).status().code();
}

TEST(GroupIntoDeliveriesTest, CommandsGoAlone) {
  EXPECT_THAT(
      StepsOf({Parts({{1, "GET a"}, {2, "GET b"}}), Parts({{1, "BLPOP a 0"}})}),
      ElementsAre("GET of 0 | GET of 1", "BLPOP of 2"));
}

// Rule D3.
TEST(GroupIntoDeliveriesTest, ATransactionGoesInOnePiece) {
  EXPECT_THAT(StepsOf({Parts({{1, "multi"},
                              {1, "SET a 1"},
                              {1, "exec"},
                              {1, "GET a"},
                              {1, "MULTI"},
                              {1, "DISCARD"}})}),
              ElementsAre("multi,SET,exec of 0 | GET of 1 | MULTI,DISCARD of "
                          "2"));
}

// Rule D3: WATCH keeps its place, but belongs to the transaction.
TEST(GroupIntoDeliveriesTest, ATransactionHasTheWatchesBeforeIt) {
  const auto stages = Stages{Parts({{1, "WATCH a"},
                                    {1, "GET a"},
                                    {1, "WATCH b"},
                                    {2, "MULTI"},
                                    {2, "EXEC"}}),
                             Parts({{1, "MULTI"}, {1, "EXEC"}})};
  EXPECT_THAT(
      StepsOf(stages),
      ElementsAre("WATCH of 2 | GET of 0 | WATCH of 2 | MULTI,EXEC of 1",
                  "MULTI,EXEC of 2"));
  const auto grouped = GroupIntoDeliveries(stages);
  ASSERT_TRUE(grouped.ok());
  EXPECT_EQ(grouped->deliveries[2].watch_count, 2u);
  EXPECT_EQ(grouped->deliveries[2].parts.size(), 4u);
  EXPECT_EQ(grouped->deliveries[2].kind, Delivery::Kind::kTransaction);
}

TEST(GroupIntoDeliveriesTest, AWatchThatNoTransactionFollowsGoesAlone) {
  const auto stages = Stages{Parts({{1, "WATCH a"},
                                    {1, "UNWATCH"},
                                    {1, "MULTI"},
                                    {1, "EXEC"},
                                    {1, "WATCH b"}})};
  EXPECT_THAT(StepsOf(stages), ElementsAre("WATCH of 0 | UNWATCH of 1 | "
                                           "MULTI,EXEC of 2 | WATCH of 3"));
  const auto grouped = GroupIntoDeliveries(stages);
  ASSERT_TRUE(grouped.ok());
  EXPECT_EQ(grouped->deliveries[0].kind, Delivery::Kind::kWatch);
  EXPECT_EQ(grouped->deliveries[1].kind, Delivery::Kind::kUnwatch);
  EXPECT_EQ(grouped->deliveries[2].watch_count, 0u);
  EXPECT_EQ(grouped->deliveries[3].kind, Delivery::Kind::kWatch);
}

TEST(GroupIntoDeliveriesTest, RefusesATransactionInPieces) {
  for (const auto& stages :
       std::vector<Stages>{{Parts({{1, "MULTI"}, {1, "SET a 1"}})},
                           {Parts({{1, "EXEC"}})},
                           {Parts({{1, "DISCARD"}})},
                           {Parts({{1, "MULTI"}, {2, "EXEC"}})},
                           {Parts({{1, "MULTI"}}), Parts({{1, "EXEC"}})}}) {
    EXPECT_EQ(CodeOf(stages), absl::StatusCode::kInvalidArgument);
  }
}

TEST(DeliveryTest, HasTheSlotOfItsFirstKey) {
  auto stages = Stages{Parts({{1, "MULTI"}, {1, "SET a 1"}, {1, "EXEC"}})};
  const auto grouped = GroupIntoDeliveries(stages);
  ASSERT_TRUE(grouped.ok());
  EXPECT_EQ(grouped->deliveries[0].Slot(), std::nullopt);
  stages[0][1].slot = 15495;
  EXPECT_EQ(grouped->deliveries[0].Slot(), 15495);
}

}  // namespace
}  // namespace slotplanner
