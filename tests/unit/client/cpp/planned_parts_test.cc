// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/planned_parts.h"

#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace slotplanner {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// `MGET a b` over two nodes, then a refused command.
class ResolvePlanTest : public ::testing::Test {
 protected:
  ResolvePlanTest() {
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        R"pb(commands { args: [ "MGET", "a", "b" ] }
             commands { args: [ "RENAME", "a", "b" ] })pb",
        &request_));
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        R"pb(stages {
               node_plans {
                 node { host: "n1" port: 7001 }
                 requires_readonly: true
                 commands {
                   part_index: 0
                   slot: 3300
                   arg_indexes: [ 0, 2 ]
                   reply_positions: 1
                 }
               }
               node_plans {
                 node { host: "n2" port: 7002 }
                 commands {
                   part_index: 1
                   slot: 15495
                   arg_indexes: [ -1, 1 ]
                   reply_positions: 0
                 }
               }
             }
             command_plans {
               verdict: VERDICT_SPLIT
               part_count: 2
               merge { operation: MERGE_OPERATION_GATHER }
             }
             command_plans { verdict: VERDICT_REFUSED }
             literals: "mget")pb",
        &plan_));
  }

  v1::PlannedCommand& first_part() {
    return *plan_.mutable_stages(0)->mutable_node_plans(0)->mutable_commands(0);
  }

  absl::StatusCode Code() const {
    return ResolvePlan(request_.commands(), plan_).status().code();
  }

  v1::PlanBatchRequest request_;
  v1::PlanBatchResponse plan_;
};

TEST_F(ResolvePlanTest, GivesThePartsOfEachStageInOrder) {
  const auto stages = ResolvePlan(request_.commands(), plan_);
  ASSERT_TRUE(stages.ok()) << stages.status();
  ASSERT_THAT(*stages, ElementsAre(SizeIs(2)));
  const PlannedPart& first = (*stages)[0][0];
  EXPECT_EQ(first.endpoint, (RespEndpoint{"n1", 7001}));
  EXPECT_TRUE(first.requires_readonly);
  EXPECT_EQ(first.slot, 3300);
  EXPECT_THAT(first.args, ElementsAre("MGET", "b"));
  EXPECT_THAT(first.arg_indexes, ElementsAre(2));
  EXPECT_THAT(first.reply_positions, ElementsAre(1));
  const PlannedPart& second = (*stages)[0][1];
  EXPECT_FALSE(second.requires_readonly);
  EXPECT_EQ(second.part_index, 1);
  EXPECT_THAT(second.args, ElementsAre("mget", "a"));
  EXPECT_THAT(second.arg_indexes, ElementsAre(1));
}

TEST_F(ResolvePlanTest, NoArgumentIndexesMeanTheWholeCommand) {
  first_part().clear_arg_indexes();
  const auto stages = ResolvePlan(request_.commands(), plan_);
  ASSERT_TRUE(stages.ok()) << stages.status();
  EXPECT_THAT((*stages)[0][0].args, ElementsAre("MGET", "a", "b"));
  EXPECT_THAT((*stages)[0][0].arg_indexes, IsEmpty());
}

TEST_F(ResolvePlanTest, RefusesIndexesThatPointNowhere) {
  for (const int index : {3, -2, std::numeric_limits<int>::max(),
                          std::numeric_limits<int>::min()}) {
    first_part().set_arg_indexes(1, index);
    EXPECT_EQ(Code(), absl::StatusCode::kInvalidArgument) << index;
  }
}

TEST_F(ResolvePlanTest, RefusesPartsOfNoCommand) {
  for (const int index : {-1, 2}) {
    first_part().set_command_index(index);
    EXPECT_EQ(Code(), absl::StatusCode::kInvalidArgument) << index;
  }
}

TEST_F(ResolvePlanTest, RefusesPartsOfARefusedCommand) {
  first_part().set_command_index(1);
  EXPECT_EQ(Code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ResolvePlanTest, RefusesPartsWithoutAPlace) {
  for (const int index : {-1, 1, 2}) {
    first_part().set_part_index(index);
    EXPECT_EQ(Code(), absl::StatusCode::kInvalidArgument) << index;
  }
}

TEST_F(ResolvePlanTest, RefusesAPlanThatLacksParts) {
  plan_.mutable_command_plans(0)->set_part_count(
      std::numeric_limits<int>::max());
  EXPECT_EQ(Code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ResolvePlanTest, RefusesAPlanForOtherCommands) {
  request_.add_commands()->add_args("PING");
  EXPECT_EQ(Code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ResolvePlanTest, RefusesNodesWithoutAnEndpoint) {
  v1::Node& node =
      *plan_.mutable_stages(0)->mutable_node_plans(0)->mutable_node();
  node.set_port(65536);
  EXPECT_EQ(Code(), absl::StatusCode::kInvalidArgument);
  node.set_port(0);
  EXPECT_EQ(Code(), absl::StatusCode::kInvalidArgument);
  node.set_port(7001);
  node.clear_host();
  EXPECT_EQ(Code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ResolvePlanTest, RefusesWhatItCouldNotMerge) {
  plan_.mutable_command_plans(0)->mutable_merge()->set_operation(
      static_cast<v1::MergeOperation>(1000));
  EXPECT_EQ(Code(), absl::StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace slotplanner
