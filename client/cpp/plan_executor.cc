// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/plan_executor.h"

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/cpp/planned_parts.h"
#include "client/cpp/redirection.h"
#include "service/resp/resp_connection.h"
#include "service/resp/resp_endpoint.h"

namespace slotplanner {
namespace {

// How often a part is sent at most. One redirection is common, a second one
// happens when a slot moves twice or a failover follows a migration; nodes that
// still disagree after that send the part in circles.
constexpr int kMaxSends = 6;

// A part on its way to a node.
struct Delivery {
  const PlannedPart* part;
  RespEndpoint endpoint;
  bool readonly;
  bool asking = false;
  int sends = 0;  // Those before this one.
};

// What one connection carries in one round: deliveries whose replies come in
// this order.
struct Pipeline {
  struct Request {
    // Null for an ASKING, whose reply means nothing: that of the command
    // behind it tells.
    const Delivery* delivery;
    size_t end;  // Compare with `RespConnection::sent_bytes`.
  };

  std::vector<Delivery> deliveries;
  std::vector<Request> requests;
  size_t answered = 0;
  std::unique_ptr<RespConnection> connection;
  bool is_reusable = true;
};

// One run of a plan.
class Execution {
 public:
  Execution(const v1::PlanBatchResponse& plan, NodeConnections& connections,
            absl::Time deadline)
      : plan_(plan), connections_(connections), deadline_(deadline) {
    for (const v1::CommandPlan& command_plan : plan.command_plans()) {
      result_.commands.emplace_back().parts.resize(
          static_cast<size_t>(command_plan.part_count()));
    }
  }

  // Sends the parts, and again those that were redirected, until each has an
  // outcome.
  void RunStage(const std::vector<PlannedPart>& parts) {
    std::vector<Delivery> deliveries;
    for (const PlannedPart& part : parts) {
      PartResult& result = ResultOf(part);
      result.arg_indexes = part.arg_indexes;
      result.reply_positions = part.reply_positions;
      deliveries.push_back({.part = &part,
                            .endpoint = part.endpoint,
                            .readonly = part.requires_readonly});
    }
    while (!deliveries.empty()) deliveries = RunRound(std::move(deliveries));
  }

  ExecutionResult Finish() && {
    for (size_t i = 0; i < result_.commands.size(); ++i) {
      Conclude(plan_.command_plans(static_cast<int>(i)), result_.commands[i]);
    }
    return std::move(result_);
  }

 private:
  PartResult& ResultOf(const PlannedPart& part) {
    return result_.commands[static_cast<size_t>(part.command_index)]
        .parts[static_cast<size_t>(part.part_index)];
  }

  // Sends every delivery, in one pipeline per connection, and takes the
  // replies. Returns what must be sent once more; the order within a pipeline
  // stays.
  std::vector<Delivery> RunRound(std::vector<Delivery> deliveries) {
    again_.clear();
    std::vector<Pipeline> pipelines = PipelinesOf(std::move(deliveries));
    for (Pipeline& pipeline : pipelines) Open(pipeline);
    Exchange(pipelines);
    for (Pipeline& pipeline : pipelines) {
      if (pipeline.connection == nullptr || !pipeline.is_reusable) continue;
      connections_.Return(std::move(pipeline.connection),
                          pipeline.deliveries[0].readonly);
    }
    return std::move(again_);
  }

  static std::vector<Pipeline> PipelinesOf(std::vector<Delivery> deliveries) {
    std::vector<Pipeline> pipelines;
    std::map<std::pair<std::string, bool>, size_t> index_of_node;
    for (Delivery& delivery : deliveries) {
      const auto [node, is_new] = index_of_node.emplace(
          std::pair(ToString(delivery.endpoint), delivery.readonly),
          pipelines.size());
      if (is_new) pipelines.emplace_back();
      ++delivery.sends;
      pipelines[node->second].deliveries.push_back(std::move(delivery));
    }
    return pipelines;
  }

  // Connects and queues the requests.
  void Open(Pipeline& pipeline) {
    const Delivery& first = pipeline.deliveries[0];
    auto connection =
        connections_.Take(first.endpoint, first.readonly, deadline_);
    if (!connection.ok()) {
      for (const Delivery& delivery : pipeline.deliveries) {
        Settle(delivery, PartOutcome::kNotSent, connection.status());
      }
      return;
    }
    pipeline.connection = *std::move(connection);
    const auto send = [&pipeline](std::span<const std::string_view> args,
                                  const Delivery* delivery) {
      pipeline.connection->Send(args);
      pipeline.requests.push_back(
          {delivery, pipeline.connection->queued_bytes()});
    };
    for (const Delivery& delivery : pipeline.deliveries) {
      static constexpr std::string_view kAsking[] = {"ASKING"};
      if (delivery.asking) send(kAsking, nullptr);
      send(delivery.part->args, &delivery);
    }
  }

  // Writes all requests and takes all replies, of all nodes at once.
  void Exchange(std::vector<Pipeline>& pipelines) {
    std::vector<RespConnection*> waiting(pipelines.size());
    size_t open = 0;
    for (size_t i = 0; i < pipelines.size(); ++i) {
      waiting[i] = pipelines[i].connection.get();
      if (waiting[i] != nullptr) ++open;
    }
    while (open > 0) {
      const auto pumped = PollConnections(waiting, deadline_);
      for (size_t i = 0; i < pipelines.size(); ++i) {
        if (waiting[i] == nullptr) continue;
        TakeReplies(pipelines[i]);
        const absl::Status& status =
            pumped.ok() ? (*pumped)[i] : pumped.status();
        if (!status.ok()) Abandon(pipelines[i], status);
        if (!status.ok() || !waiting[i]->has_unreceived()) {
          waiting[i] = nullptr;
          --open;
        }
      }
    }
  }

  void TakeReplies(Pipeline& pipeline) {
    while (pipeline.connection->has_reply()) {
      RespValue reply = pipeline.connection->TakeReply();
      const Delivery* delivery =
          pipeline.requests[pipeline.answered++].delivery;
      if (delivery != nullptr) Answer(pipeline, *delivery, std::move(reply));
    }
  }

  void Answer(Pipeline& pipeline, const Delivery& delivery, RespValue reply) {
    if (!reply.is_error()) {
      Settle(delivery, PartOutcome::kApplied, absl::OkStatus());
      ResultOf(*delivery.part).reply = std::move(reply);
      return;
    }
    const auto redirection = ParseRedirection(reply.text, delivery.endpoint);
    if (redirection && redirection->kind == Redirection::Kind::kMoved) {
      result_.plan_outdated = true;
      if (redirection->target == delivery.endpoint) {
        // The name leads to another node by now: reconnect.
        pipeline.is_reusable = false;
        connections_.Forget(delivery.endpoint);
      }
    }
    if (redirection && delivery.sends < kMaxSends) {
      again_.push_back(
          {.part = delivery.part,
           .endpoint = redirection->target,
           // Both name the primary that owns the slot, or will own it.
           .readonly = false,
           .asking = redirection->kind == Redirection::Kind::kAsk,
           .sends = delivery.sends});
      return;
    }
    Settle(delivery, PartOutcome::kFailed, absl::OkStatus());
    ResultOf(*delivery.part).reply = std::move(reply);
  }

  // Gives up on a connection and settles what it did not answer.
  void Abandon(Pipeline& pipeline, const absl::Status& status) {
    pipeline.is_reusable = false;
    const size_t sent_bytes = pipeline.connection->sent_bytes();
    for (; pipeline.answered < pipeline.requests.size(); ++pipeline.answered) {
      const auto& [delivery, end] = pipeline.requests[pipeline.answered];
      if (delivery == nullptr) continue;
      const auto& command_plan =
          plan_.command_plans(delivery->part->command_index);
      if (command_plan.retry_safety() == v1::RETRY_SAFETY_SAFE &&
          delivery->sends < kMaxSends && absl::Now() < deadline_) {
        again_.push_back(*delivery);
        continue;
      }
      // A node executes no request that it has only a part of.
      Settle(*delivery,
             end <= sent_bytes ? PartOutcome::kUnknown : PartOutcome::kNotSent,
             status);
    }
  }

  void Settle(const Delivery& delivery, PartOutcome outcome,
              absl::Status cause) {
    PartResult& result = ResultOf(*delivery.part);
    result.outcome = outcome;
    result.node = ToString(delivery.endpoint);
    result.cause = std::move(cause);
  }

  static void Conclude(const v1::CommandPlan& command_plan,
                       CommandResult& result) {
    if (command_plan.verdict() == v1::VERDICT_REFUSED) {
      result.refusal = command_plan.refusal();
      result.reply = RespValue::Error(
          absl::StrCat("REFUSED ", command_plan.refusal().message()));
      return;
    }
    auto merged = MergeReplies(command_plan.merge().operation(), result.parts);
    result.reply =
        merged.ok()
            ? *std::move(merged)
            : RespValue::Error(absl::StrCat(
                  "UNMERGEABLE ", std::string(merged.status().message())));
  }

  const v1::PlanBatchResponse& plan_;
  NodeConnections& connections_;
  const absl::Time deadline_;
  ExecutionResult result_;
  std::vector<Delivery> again_;  // What the current round leaves to the next.
};

}  // namespace

PlanExecutor::PlanExecutor(NodeConnectionsOptions options)
    : connections_(std::move(options)) {}

absl::StatusOr<ExecutionResult> PlanExecutor::Execute(
    const google::protobuf::RepeatedPtrField<v1::Command>& commands,
    const v1::PlanBatchResponse& plan, absl::Time deadline) {
  const auto stages = ResolvePlan(commands, plan);
  if (!stages.ok()) return stages.status();
  Execution execution(plan, connections_, deadline);
  for (const std::vector<PlannedPart>& parts : *stages) {
    execution.RunStage(parts);
  }
  return std::move(execution).Finish();
}

}  // namespace slotplanner
