// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/call_metrics.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

namespace slotplanner {
namespace {

using testing::HasSubstr;

std::string TextOf(const prometheus::Registry& registry) {
  return prometheus::TextSerializer().Serialize(registry.Collect());
}

TEST(MethodMetricsTest, ShowsEveryCodeFromTheStart) {
  prometheus::Registry registry;
  const MethodMetrics metrics(registry, "p.S", "M");
  EXPECT_THAT(TextOf(registry),
              HasSubstr("grpc_server_handled_total{grpc_code=\"Unavailable\","
                        "grpc_method=\"M\",grpc_service=\"p.S\","
                        "grpc_type=\"unary\"} 0\n"));
}

TEST(MethodMetricsTest, CountsAndTimesCalls) {
  prometheus::Registry registry;
  MethodMetrics metrics(registry, "p.S", "M");
  metrics.CountStarted();
  metrics.CountStarted();
  metrics.CountHandled(grpc::StatusCode::NOT_FOUND, absl::Microseconds(60));
  const std::string text = TextOf(registry);
  EXPECT_THAT(text, HasSubstr("grpc_server_started_total{grpc_method=\"M\","
                              "grpc_service=\"p.S\",grpc_type=\"unary\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("{grpc_code=\"NotFound\",grpc_method=\"M\","
                              "grpc_service=\"p.S\",grpc_type=\"unary\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("le=\"5e-05\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("le=\"0.0001\"} 1\n"));
}

TEST(PlanMetricsTest, CountsCommandsByClusterAndVerdict) {
  prometheus::Registry registry;
  const ClusterRegistry clusters({"a", "b"});
  PlanMetrics metrics(registry, clusters);
  BatchPlan plan;
  plan.command_plans.resize(3);
  plan.command_plans[0].verdict = Verdict::kSplit;
  plan.command_plans[0].part_count = 4;
  plan.command_plans[1].verdict = Verdict::kRefused;
  plan.command_plans[2].verdict = Verdict::kRefused;
  metrics.CountPlan(*clusters.Find("b"), plan);
  const std::string text = TextOf(registry);
  EXPECT_THAT(text, HasSubstr("slotplanner_commands_total{cluster=\"b\","
                              "verdict=\"refused\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("slotplanner_commands_total{cluster=\"b\","
                              "verdict=\"split\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("slotplanner_commands_total{cluster=\"a\","
                              "verdict=\"split\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("slotplanner_parts_per_plan_sum 4\n"));
}

}  // namespace
}  // namespace slotplanner
