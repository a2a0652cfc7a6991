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

const char* NameOf(MethodType type) {
  switch (type) {
    case MethodType::kUnary:
      return "unary";
    case MethodType::kServerStream:
      return "server_stream";
    case MethodType::kClientStream:
      return "client_stream";
  }
  return "";
}

prometheus::Labels MethodLabels(const std::string& service,
                                const std::string& method, MethodType type) {
  return {{"grpc_type", NameOf(type)},
          {"grpc_service", service},
          {"grpc_method", method}};
}

}  // namespace

MethodMetrics::MethodMetrics(prometheus::Registry& registry,
                             const std::string& service,
                             const std::string& method, MethodType type)
    : started_(prometheus::BuildCounter()
                   .Name("grpc_server_started_total")
                   .Help("RPCs started on the server.")
                   .Register(registry)
                   .Add(MethodLabels(service, method, type))),
      handling_seconds_(
          prometheus::BuildHistogram()
              .Name("grpc_server_handling_seconds")
              .Help("Time from reading the request to handing over the "
                    "response, in seconds.")
              .Register(registry)
              .Add(MethodLabels(service, method, type), LatencyBuckets())) {
  auto& family =
      prometheus::BuildCounter()
          .Name("grpc_server_handled_total")
          .Help("RPCs completed on the server, whatever their status.")
          .Register(registry);
  for (size_t code = 0; code < kCodeCount; ++code) {
    prometheus::Labels labels = MethodLabels(service, method, type);
    labels["grpc_code"] = kCodeNames[code];
    handled_[code] = &family.Add(labels);
  }
}

void MethodMetrics::CountHandled(grpc::StatusCode code,
                                 absl::Duration duration) {
  handled_[static_cast<size_t>(code)]->Increment();
  handling_seconds_.Observe(absl::ToDoubleSeconds(duration));
}

SizeMetrics::SizeMetrics(prometheus::Registry& registry)
    : keys_(MakeSizeHistogram(registry, "slotplanner_keys_per_request",
                              "Keys in a GroupKeys request.")),
      commands_(MakeSizeHistogram(registry, "slotplanner_commands_per_request",
                                  "Commands in a PlanBatch request.")),
      parts_(MakeSizeHistogram(registry, "slotplanner_parts_per_plan",
                               "Commands that a plan sends, those that are "
                               "parts of one included.")),
      nodes_(MakeSizeHistogram(registry, "slotplanner_nodes_per_plan",
                               "Nodes that a plan sends commands to.")) {}

void SizeMetrics::CountKeys(int64_t keys) {
  keys_.Observe(static_cast<double>(keys));
}

void SizeMetrics::CountPlan(const BatchPlan& plan) {
  int64_t parts = 0;
  for (const CommandPlan& command : plan.command_plans) {
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
}

}  // namespace slotplanner
