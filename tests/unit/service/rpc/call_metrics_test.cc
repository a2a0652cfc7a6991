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

TEST(SizeMetricsTest, CountsThePartsOfAPlan) {
  prometheus::Registry registry;
  SizeMetrics metrics(registry);
  BatchPlan plan;
  plan.command_plans.resize(3);
  plan.command_plans[0].part_count = 4;
  plan.command_plans[2].part_count = 1;
  metrics.CountPlan(plan);
  metrics.CountKeys(7);
  const std::string text = TextOf(registry);
  EXPECT_THAT(text, HasSubstr("slotplanner_parts_per_plan_sum 5\n"));
  EXPECT_THAT(text, HasSubstr("slotplanner_commands_per_request_sum 3\n"));
  EXPECT_THAT(text, HasSubstr("slotplanner_keys_per_request_sum 7\n"));
}

}  // namespace
}  // namespace slotplanner
