// SPDX-License-Identifier: Apache-2.0
#include "service/planning/pipelines.h"

#include <algorithm>
#include <string_view>
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
  if (plans.size() == 1) return;
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

Pipelines::Pipelines(size_t shard_count, size_t expected)
    : newest_of_shard_(shard_count, kNone),
      // A quarter more than an even share: keys spread nearly evenly.
      expected_of_primary_(
          shard_count == 0 ? 0 : expected * 5 / (shard_count * 4)) {}

Pipelines::Pipeline& Pipelines::Of(const Target& target) {
  int32_t& newest = newest_of_shard_[target.shard_index];
  for (int32_t i = newest; i != kNone;) {
    Pipeline& pipeline = pipelines_[static_cast<size_t>(i)];
    if (pipeline.target.node == target.node) return pipeline;
    i = pipeline.next_of_shard;
  }
  pipelines_.push_back(
      {.target = target, .next_of_shard = newest, .segments = {}});
  newest = static_cast<int32_t>(pipelines_.size()) - 1;
  return pipelines_.back();
}

void Pipelines::Add(const Target& target, const PlannedCommand& command,
                    Effects effects) {
  Pipeline& pipeline = Of(target);
  if (pipeline.segments.empty()) {
    // How the reads of a shard spread over its replicas is not known here.
    pipeline.segments.emplace_back().reserve(
        target.is_replica ? 0 : expected_of_primary_);
  } else if (pipeline.is_sealed || effects.may_block) {
    pipeline.segments.emplace_back();
  }
  pipeline.segments.back().push_back(command);
  pipeline.is_sealed = effects.may_block;
  pipeline.has_written |= effects.writes;
}

void Pipelines::MarkWatching(const Target& target) {
  Of(target).is_watching = true;
}

void Pipelines::ClearWatching() {
  for (Pipeline& pipeline : pipelines_) pipeline.is_watching = false;
}

std::vector<Target> Pipelines::WrittenNodes() const {
  std::vector<Target> targets;
  for (const Pipeline& pipeline : pipelines_) {
    if (pipeline.has_written) targets.push_back(pipeline.target);
  }
  return targets;
}

std::vector<Target> Pipelines::WatchingNodes() const {
  std::vector<Target> targets;
  for (const Pipeline& pipeline : pipelines_) {
    if (pipeline.is_watching) targets.push_back(pipeline.target);
  }
  return targets;
}

std::vector<Stage> Pipelines::TakeStages() && {
  std::vector<Stage> stages;
  for (Pipeline& pipeline : pipelines_) {
    for (size_t i = 0; i < pipeline.segments.size(); ++i) {
      if (i == stages.size()) stages.emplace_back();
      stages[i].node_plans.push_back(
          {.node = pipeline.target.node,
           .requires_readonly = pipeline.target.is_replica,
           .commands = std::move(pipeline.segments[i])});
    }
  }
  for (Stage& stage : stages) SortNodePlans(stage.node_plans);
  return stages;
}

}  // namespace slotplanner
