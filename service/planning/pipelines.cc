// SPDX-License-Identifier: Apache-2.0
#include "service/planning/pipelines.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace slotplanner {
namespace {

// Where a node plan stands in its stage: by lowest slot, then by node ID.
auto OrderOf(const NodePlan& plan) {
  int lowest = kHashSlotCount;
  for (const PlannedCommand& command : plan.commands) {
    if (command.slot) lowest = std::min(lowest, command.slot->value());
  }
  return std::tuple(lowest, std::string_view(plan.node->node_id));
}

void SortNodePlans(std::vector<NodePlan>& plans) {
  using Order = decltype(OrderOf(plans.front()));
  std::vector<std::pair<Order, size_t>> order;
  order.reserve(plans.size());
  for (size_t i = 0; i < plans.size(); ++i) {
    order.emplace_back(OrderOf(plans[i]), i);
  }
  std::sort(order.begin(), order.end());
  std::vector<NodePlan> sorted;
  sorted.reserve(plans.size());
  for (const auto& [unused, i] : order) sorted.push_back(std::move(plans[i]));
  plans = std::move(sorted);
}

}  // namespace

Pipelines::Pipeline& Pipelines::Of(const Node& node, bool is_replica) {
  const auto [found, inserted] = index_.try_emplace(&node, pipelines_.size());
  if (inserted) {
    pipelines_.push_back(
        {.node = &node, .is_replica = is_replica, .segments = {}});
  }
  return pipelines_[found->second];
}

void Pipelines::Add(const Node& node, bool is_replica,
                    const PlannedCommand& command, bool may_block) {
  Pipeline& pipeline = Of(node, is_replica);
  if (pipeline.segments.empty() || pipeline.is_sealed || may_block) {
    pipeline.segments.emplace_back();
  }
  pipeline.segments.back().push_back(command);
  pipeline.is_sealed = may_block;
}

void Pipelines::MarkWritten(const Node& node) {
  Of(node, /*is_replica=*/false).has_written = true;
}

void Pipelines::MarkWatching(const Node& node) {
  Of(node, /*is_replica=*/false).is_watching = true;
}

void Pipelines::ClearWatching() {
  for (Pipeline& pipeline : pipelines_) pipeline.is_watching = false;
}

std::vector<const Node*> Pipelines::WrittenNodes() const {
  std::vector<const Node*> nodes;
  for (const Pipeline& pipeline : pipelines_) {
    if (pipeline.has_written) nodes.push_back(pipeline.node);
  }
  return nodes;
}

std::vector<const Node*> Pipelines::WatchingNodes() const {
  std::vector<const Node*> nodes;
  for (const Pipeline& pipeline : pipelines_) {
    if (pipeline.is_watching) nodes.push_back(pipeline.node);
  }
  return nodes;
}

std::vector<Stage> Pipelines::TakeStages() && {
  std::vector<Stage> stages;
  for (Pipeline& pipeline : pipelines_) {
    for (size_t i = 0; i < pipeline.segments.size(); ++i) {
      if (i == stages.size()) stages.emplace_back();
      stages[i].node_plans.push_back(
          {.node = pipeline.node,
           .requires_readonly = pipeline.is_replica,
           .commands = std::move(pipeline.segments[i])});
    }
  }
  for (Stage& stage : stages) SortNodePlans(stage.node_plans);
  return stages;
}

}  // namespace slotplanner
