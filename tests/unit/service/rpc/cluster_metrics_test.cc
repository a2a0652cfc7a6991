// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/cluster_metrics.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

namespace slotplanner {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string TextOf(const prometheus::Registry& registry) {
  return prometheus::TextSerializer().Serialize(registry.Collect());
}

TEST(ClusterMetricsTest, CountsCommandsByClusterAndVerdict) {
  prometheus::Registry registry;
  const ClusterMetrics a("a", registry);
  ClusterMetrics b("b", registry);
  BatchPlan plan;
  plan.command_plans.resize(3);
  plan.command_plans[0].verdict = Verdict::kSplit;
  plan.command_plans[1].verdict = Verdict::kRefused;
  plan.command_plans[2].verdict = Verdict::kRefused;
  b.CountPlan(plan);
  const std::string text = TextOf(registry);
  EXPECT_THAT(text, HasSubstr("slotplanner_commands_total{cluster=\"b\","
                              "verdict=\"refused\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("slotplanner_commands_total{cluster=\"b\","
                              "verdict=\"split\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("slotplanner_commands_total{cluster=\"a\","
                              "verdict=\"split\"} 0\n"));
}

TEST(ClusterMetricsTest, CountsCommandsWithKeysInSeveralSlotsByName) {
  prometheus::Registry registry;
  ClusterMetrics metrics("a", registry);
  EXPECT_THAT(TextOf(registry), Not(HasSubstr("cross_slot_commands")));
  BatchPlan plan;
  plan.cross_slot_commands = {
      {.name = "mget", .split_count = 2, .refused_count = 0},
      {.name = "msetnx", .split_count = 0, .refused_count = 1}};
  metrics.CountPlan(plan);
  metrics.CountPlan(plan);
  const std::string text = TextOf(registry);
  EXPECT_THAT(text,
              HasSubstr("slotplanner_cross_slot_commands_total{cluster=\"a\","
                        "command=\"mget\",verdict=\"split\"} 4\n"));
  EXPECT_THAT(text,
              HasSubstr("slotplanner_cross_slot_commands_total{cluster=\"a\","
                        "command=\"msetnx\",verdict=\"refused\"} 2\n"));
  EXPECT_THAT(text, Not(HasSubstr("command=\"mget\",verdict=\"refused\"")));
}

TEST(ClusterMetricsTest, AreExportedAsLongAsTheClusterIsServed) {
  prometheus::Registry registry;
  const ClusterMetrics stays("stays", registry);
  auto goes = std::make_unique<ClusterMetrics>("goes", registry);
  goes->watchers().Set(2);
  EXPECT_THAT(TextOf(registry),
              HasSubstr("slotplanner_topology_watchers{cluster=\"goes\"} 2\n"));
  goes.reset();
  EXPECT_THAT(TextOf(registry), HasSubstr("cluster=\"stays\""));
  EXPECT_THAT(TextOf(registry), Not(HasSubstr("cluster=\"goes\"")));

  const ClusterMetrics again("goes", registry);
  EXPECT_THAT(TextOf(registry),
              HasSubstr("slotplanner_topology_watchers{cluster=\"goes\"} 0\n"));
}

}  // namespace
}  // namespace slotplanner
