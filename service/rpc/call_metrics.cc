// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/call_metrics.h"

#include <cstddef>
#include <set>
#include <string_view>

namespace slotplanner {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

// By code number, in the spelling of grpc_server_handled_total elsewhere.
constexpr const char* kCodeNames[] = {"OK",
                                      "Canceled",
                                      "Unknown",
                                      "InvalidArgument",
                                      "DeadlineExceeded",
                                      "NotFound",
                                      "AlreadyExists",
                                      "PermissionDenied",
                                      "ResourceExhausted",
                                      "FailedPrecondition",
                                      "Aborted",
                                      "OutOfRange",
                                      "Unimplemented",
                                      "Internal",
                                      "Unavailable",
                                      "DataLoss",
                                      "Unauthenticated"};

constexpr const char* kVerdictNames[] = {"single_slot", "any_node", "fan_out",
                                         "split",       "emulated", "refused"};

// From 50 us, half of what a small call takes, to a second.
const Buckets& LatencyBuckets() {
  static const auto* const kBuckets =
      new Buckets{0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                  0.01,    0.025,  0.05,    0.1,    0.25,  0.5,    1};
  return *kBuckets;
}

const Buckets& SizeBuckets() {
  static const auto* const kBuckets =
      new Buckets{1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 100000, 1000000};
  return *kBuckets;
}

prometheus::Histogram& MakeSizeHistogram(prometheus::Registry& registry,
                                         const std::string& name,
                                         const std::string& help) {
  return prometheus::BuildHistogram()
      .Name(name)
      .Help(help)
      .Register(registry)
      .Add({}, SizeBuckets());
}

prometheus::Labels MethodLabels(const std::string& service,
                                const std::string& method) {
  return {{"grpc_type", "unary"},
          {"grpc_service", service},
          {"grpc_method", method}};
}

}  // namespace

MethodMetrics::MethodMetrics(prometheus::Registry& registry,
                             const std::string& service,
                             const std::string& method)
    : started_(prometheus::BuildCounter()
                   .Name("grpc_server_started_total")
                   .Help("RPCs started on the server.")
                   .Register(registry)
                   .Add(MethodLabels(service, method))),
      handling_seconds_(
          prometheus::BuildHistogram()
              .Name("grpc_server_handling_seconds")
              .Help("Time from reading the request to handing over the "
                    "response, in seconds.")
              .Register(registry)
              .Add(MethodLabels(service, method), LatencyBuckets())) {
  auto& family =
      prometheus::BuildCounter()
          .Name("grpc_server_handled_total")
          .Help("RPCs completed on the server, whatever their status.")
          .Register(registry);
  for (size_t code = 0; code < kCodeCount; ++code) {
    prometheus::Labels labels = MethodLabels(service, method);
    labels["grpc_code"] = kCodeNames[code];
    handled_[code] = &family.Add(labels);
  }
}

void MethodMetrics::CountHandled(grpc::StatusCode code,
                                 absl::Duration duration) {
  handled_[static_cast<size_t>(code)]->Increment();
  handling_seconds_.Observe(absl::ToDoubleSeconds(duration));
}

PlanMetrics::PlanMetrics(prometheus::Registry& registry,
                         const ClusterRegistry& clusters)
    : clusters_(clusters),
      keys_(MakeSizeHistogram(registry, "slotplanner_keys_per_request",
                              "Keys in a GroupKeys request.")),
      commands_(MakeSizeHistogram(registry, "slotplanner_commands_per_request",
                                  "Commands in a PlanBatch request.")),
      parts_(MakeSizeHistogram(registry, "slotplanner_parts_per_plan",
                               "Commands that a plan sends, those that are "
                               "parts of one included.")),
      nodes_(MakeSizeHistogram(registry, "slotplanner_nodes_per_plan",
                               "Nodes that a plan sends commands to.")) {
  auto& family = prometheus::BuildCounter()
                     .Name("slotplanner_commands_total")
                     .Help("Commands planned, by verdict.")
                     .Register(registry);
  for (const ClusterRegistry::Entry& cluster : clusters.entries()) {
    auto& children = verdicts_.emplace_back();
    for (size_t verdict = 0; verdict < kVerdictCount; ++verdict) {
      children[verdict] = &family.Add(
          {{"cluster", cluster.name}, {"verdict", kVerdictNames[verdict]}});
    }
  }
}

void PlanMetrics::CountKeys(int keys) { keys_.Observe(keys); }

void PlanMetrics::CountPlan(const ClusterRegistry::Entry& cluster,
                            const BatchPlan& plan) {
  std::array<int, kVerdictCount> counts = {};
  int64_t parts = 0;
  for (const CommandPlan& command : plan.command_plans) {
    ++counts[static_cast<size_t>(command.verdict) - 1];
    parts += command.part_count;
  }
  std::set<std::string_view> nodes;
  for (const Stage& stage : plan.stages) {
    for (const NodePlan& node_plan : stage.node_plans) {
      nodes.insert(node_plan.node->node_id);
    }
  }
  commands_.Observe(static_cast<double>(plan.command_plans.size()));
  parts_.Observe(static_cast<double>(parts));
  nodes_.Observe(static_cast<double>(nodes.size()));
  const auto& children =
      verdicts_[static_cast<size_t>(&cluster - clusters_.entries().data())];
  for (size_t verdict = 0; verdict < kVerdictCount; ++verdict) {
    if (counts[verdict] > 0) children[verdict]->Increment(counts[verdict]);
  }
}

}  // namespace slotplanner
