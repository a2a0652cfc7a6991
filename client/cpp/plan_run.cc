// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/plan_run.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "service/resp/redirection.h"
#include "service/resp/resp_connection.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_value.h"

namespace slotplanner {
namespace {

// How often a delivery is redirected or loses its connection at most, and how
// many of these times it goes out again at once. One redirection is common, a
// second one happens when a slot moves twice or a failover follows a migration.
// Nodes that still disagree need a moment to hear of each other; after some
// more tries they send the delivery in circles.
constexpr int kMaxDetours = 5;
constexpr int kMaxDetoursAtOnce = 2;

struct Pipeline;

// Where and when a delivery is to be sent again.
struct Detour {
  RespEndpoint endpoint;
  bool readonly;
  bool asking;
  absl::Time due;
};

// A delivery on its way.
struct Trip {
  const Delivery* delivery;
  RespEndpoint endpoint;
  bool readonly;
  bool asking = false;  // Each of its steps needs an ASKING before it.
  int detours = 0;
  int delays = 0;  // How often it was told to try later.
  // Where it waits or is in flight; null while it does neither.
  const Pipeline* pipeline = nullptr;

  // Of a transaction: its WATCH commands in flight, what became of them, and
  // the replies since MULTI.
  size_t open_watches = 0;
  std::optional<Detour> detour = {};
  std::vector<RespValue> replies = {};

  bool is_transaction() const {
    return delivery->kind == Delivery::Kind::kTransaction;
  }
  // Whether a part is one of MULTI to EXEC.
  bool IsInBody(size_t part) const {
    return is_transaction() && part >= delivery->watch_count;
  }
};

// Parts [first, end) of a delivery, to be sent.
struct Step {
  Trip* trip;
  size_t first;
  size_t end;
};

// A part in flight.
struct Request {
  Trip* trip;  // Null for an ASKING: the reply to what is behind it tells.
  size_t part;
  size_t end;  // Compare with `RespConnection::sent_bytes`.
};

// A connection and what goes over it. It is kept for the whole run, because
// WATCH and WAIT speak of what was sent on the same connection before.
struct Pipeline {
  RespEndpoint endpoint;
  bool readonly;
  std::unique_ptr<RespConnection> connection = {};
  std::deque<Step> queue = {};
  std::deque<Request> requests = {};
  const Trip* watcher = nullptr;  // Whose WATCH is in force.
  absl::Time retry_time = absl::InfinitePast();
  bool is_retired = false;  // Another one takes what comes from now on.
};

// One run of a plan. Everything in flight is waited for at once, so that what
// one node makes wait holds up no other.
//
// Each answer is noted when it comes, also if the delivery goes out again: so
// whatever ends the run, the last that is known is the result.
class PlanRun {
 public:
  PlanRun(const v1::PlanBatchResponse& plan, const Deliveries& deliveries,
          NodeConnections& connections, const PlanRunOptions& options,
          absl::Time deadline)
      : plan_(plan),
        connections_(connections),
        options_(options),
        deadline_(deadline),
        give_up_time_(
            std::min(deadline, absl::Now() + options.backoff.give_up_after)) {
    for (const v1::CommandPlan& command_plan : plan.command_plans()) {
      result_.parts.emplace_back(
          static_cast<size_t>(command_plan.part_count()));
    }
    for (const Delivery& delivery : deliveries.deliveries) {
      for (const PlannedPart* part : delivery.parts) {
        ResultOf(*part).arg_indexes = part->arg_indexes;
        ResultOf(*part).reply_positions = part->reply_positions;
      }
      const PlannedPart& first = *delivery.parts.front();
      trips_.push_back({.delivery = &delivery,
                        .endpoint = first.endpoint,
                        .readonly = first.requires_readonly});
    }
  }

  void RunStage(const std::vector<DeliveryStep>& steps) {
    for (const DeliveryStep& step : steps) {
      Enqueue(trips_[step.delivery], step.first, step.end);
    }
    do {
      SendPending();
      for (Pipeline& pipeline : pipelines_) SendQueued(pipeline);
    } while (Wait());
  }

  PlanRunResult Finish() && {
    for (Pipeline& pipeline : pipelines_) {
      // One in which a WATCH is in force would make others' EXEC fail.
      if (pipeline.connection != nullptr && !pipeline.is_retired &&
          pipeline.watcher == nullptr) {
        connections_.Return(std::move(pipeline.connection), pipeline.readonly);
      }
    }
    return std::move(result_);
  }

 private:
  struct Pending {
    Trip* trip;
    absl::Time due;
  };

  // Sending.

  void Enqueue(Trip& trip, size_t first, size_t end) {
    Pipeline& pipeline = PipelineTo(trip.endpoint, trip.readonly);
    trip.pipeline = &pipeline;
    pipeline.queue.push_back({&trip, first, end});
  }

  Pipeline& PipelineTo(const RespEndpoint& endpoint, bool readonly) {
    Pipeline*& pipeline = pipeline_to_[{ToString(endpoint), readonly}];
    if (pipeline == nullptr) {
      pipeline = &pipelines_.emplace_back(
          Pipeline{.endpoint = endpoint, .readonly = readonly});
    }
    return *pipeline;
  }

  void SendQueued(Pipeline& pipeline) {
    while (!pipeline.queue.empty()) {
      const Step step = pipeline.queue.front();
      if (step.trip->IsInBody(step.first)) {
        if (step.trip->open_watches > 0) return;
        if (!MayStart(pipeline, *step.trip)) {
          pipeline.queue.pop_front();
          continue;
        }
      }
      if (!Open(pipeline)) return;
      pipeline.queue.pop_front();
      Send(pipeline, step);
    }
  }

  // Whether the WATCH commands of a transaction, all answered, are in force on
  // this connection. If not, sees to the transaction.
  bool MayStart(const Pipeline& pipeline, Trip& trip) {
    const size_t watch_count = trip.delivery->watch_count;
    if (watch_count == 0) return true;
    const bool is_watching = pipeline.watcher == &trip;
    if (!trip.detour && !is_watching) trip.detour = SamePlace(trip);
    if (trip.detour) {
      SendAgain(trip, *trip.detour);
      return false;
    }
    bool all_succeeded = is_watching;
    for (size_t i = 0; i < watch_count; ++i) {
      all_succeeded =
          all_succeeded &&
          ResultOf(*trip.delivery->parts[i]).outcome == PartOutcome::kApplied;
    }
    if (all_succeeded) return true;
    NoteSilence(trip, watch_count, trip.delivery->parts.size(),
                PartOutcome::kNotSent,
                absl::FailedPreconditionError("The WATCH before it failed."));
    Settle(trip);
    return false;
  }

  // Begins to connect if need be. When that fails, nothing in the queue is
  // sent.
  bool Open(Pipeline& pipeline) {
    absl::Status status;
    if (absl::Now() >= deadline_) {
      status = absl::DeadlineExceededError("The deadline has passed.");
    } else if (pipeline.connection == nullptr) {
      auto connection =
          connections_.Take(pipeline.endpoint, pipeline.readonly, deadline_);
      status = connection.status();
      if (connection.ok()) pipeline.connection = *std::move(connection);
    }
    if (status.ok()) return true;
    DropQueue(pipeline, status);
    return false;
  }

  void DropQueue(Pipeline& pipeline, const absl::Status& cause) {
    for (const Step& step : std::exchange(pipeline.queue, {})) {
      NoteSilence(*step.trip, step.first, step.end, PartOutcome::kNotSent,
                  cause);
      Settle(*step.trip);
    }
  }

  void Send(Pipeline& pipeline, const Step& step) {
    Trip& trip = *step.trip;
    RespConnection& connection = *pipeline.connection;
    if (trip.asking) {
      static constexpr std::string_view kAsking[] = {"ASKING"};
      connection.Send(kAsking);
      pipeline.requests.push_back({nullptr, 0, connection.queued_bytes()});
    }
    for (size_t i = step.first; i < step.end; ++i) {
      connection.Send(trip.delivery->parts[i]->args);
      pipeline.requests.push_back({&trip, i, connection.queued_bytes()});
    }
    switch (trip.delivery->kind) {
      case Delivery::Kind::kCommand:
        break;
      case Delivery::Kind::kWatch:
        pipeline.watcher = &trip;
        break;
      case Delivery::Kind::kUnwatch:
        pipeline.watcher = nullptr;
        break;
      case Delivery::Kind::kTransaction:
        if (trip.IsInBody(step.first)) {
          pipeline.watcher = nullptr;
          trip.replies.clear();
        } else {
          pipeline.watcher = &trip;
          ++trip.open_watches;
        }
        break;
    }
  }

  // Sending again.

  void SendAgain(Trip& trip, const Detour& detour) {
    pending_.push_back({&trip, detour.due});
    if (const auto slot = trip.delivery->Slot()) {
      std::vector<Trip*>& lane = sent_again_[*slot];
      if (std::find(lane.begin(), lane.end(), &trip) == lane.end()) {
        lane.push_back(&trip);
      }
    }
    trip.endpoint = detour.endpoint;
    trip.readonly = detour.readonly;
    trip.asking = detour.asking;
    trip.pipeline = nullptr;
    trip.detour.reset();  // Last, for `detour` may be it.
  }

  void SendPending() {
    const absl::Time now = absl::Now();
    for (auto it = pending_.begin(); it != pending_.end();) {
      Trip& trip = *it->trip;
      if (it->due > now || !IsNextOfItsSlot(trip)) {
        ++it;
        continue;
      }
      it = pending_.erase(it);
      const Delivery& delivery = *trip.delivery;
      for (size_t i = 0; i < delivery.watch_count; ++i) {
        Enqueue(trip, i, i + 1);
      }
      Enqueue(trip, delivery.watch_count, delivery.parts.size());
    }
  }

  // Whether all that must be executed before is settled, or is in flight on the
  // connection that this will take (rule D1).
  bool IsNextOfItsSlot(const Trip& trip) {
    const auto slot = trip.delivery->Slot();
    if (!slot) return true;
    const Pipeline* const pipeline = &PipelineTo(trip.endpoint, trip.readonly);
    for (const Trip* earlier : sent_again_[*slot]) {
      if (earlier == &trip) break;
      if (earlier->pipeline != pipeline) return false;
    }
    return true;
  }

  // What `trip` came to is final.
  void Settle(Trip& trip) {
    trip.pipeline = nullptr;
    const auto slot = trip.delivery->Slot();
    if (!slot) return;
    const auto lane = sent_again_.find(*slot);
    if (lane != sent_again_.end()) std::erase(lane->second, &trip);
  }

  // The way back to where it was sent before, if it may be sent again.
  std::optional<Detour> SamePlace(Trip& trip) const {
    const absl::Time now = absl::Now();
    if (trip.detours >= kMaxDetours || now >= deadline_) return std::nullopt;
    ++trip.detours;
    return Detour{trip.endpoint, trip.readonly, trip.asking, now};
  }

  // What an error that `trip` met calls for; nothing if it stands.
  std::optional<Detour> DetourAfter(Pipeline& pipeline, Trip& trip,
                                    const RespValue& error) {
    Detour detour{trip.endpoint, trip.readonly, trip.asking, absl::Now()};
    if (MeansTryLater(error.text)) {
      detour.due = RetryTime(pipeline, trip.delays++);
    } else if (const auto redirection =
                   ParseRedirection(error.text, trip.endpoint)) {
      detour.endpoint = options_.address_map.Map(redirection->target);
      // Both kinds name the primary that owns the slot, or will own it.
      detour.readonly = false;
      detour.asking = redirection->kind == Redirection::Kind::kAsk;
      if (!detour.asking) NoteMoved(pipeline, detour.endpoint, error.text);
      if (trip.detours >= kMaxDetours) return std::nullopt;
      if (++trip.detours > kMaxDetoursAtOnce) {
        detour.due = RetryTime(pipeline, trip.detours - kMaxDetoursAtOnce - 1);
      }
    } else {
      if (MeansNotPrimary(error.text)) result_.plan_outdated = true;
      return std::nullopt;
    }
    if (detour.due >= give_up_time_) {
      // A command that stays behind a WAIT is not planned again: then only a
      // report makes the planner look at the cluster.
      NoteRedirection(error.text);
      return std::nullopt;
    }
    return detour;
  }

  void NoteMoved(Pipeline& pipeline, const RespEndpoint& target,
                 const std::string& error) {
    result_.plan_outdated = true;
    NoteRedirection(error);
    if (target != pipeline.endpoint) return;
    // The name leads to another node by now: reconnect (rule F3).
    Retire(pipeline);
    connections_.Forget(target);
  }

  void NoteRedirection(const std::string& error) {
    if (result_.redirection.empty() && TellsOfTopology(error)) {
      result_.redirection = error;
    }
  }

  // When to ask a node again. All that it turns away in the meantime waits for
  // the same moment, so that it is asked once and in order.
  absl::Time RetryTime(Pipeline& pipeline, int retry) {
    const absl::Time now = absl::Now();
    if (pipeline.retry_time <= now) {
      std::uniform_real_distribution<double> fraction;
      pipeline.retry_time =
          now + BackoffDelay(options_.backoff, retry, fraction(random_));
    }
    return pipeline.retry_time;
  }

  // Waiting.

  // Waits for what comes first: a reply, the time to send again, the deadline.
  // False when there is nothing to wait for.
  bool Wait() {
    std::vector<Pipeline*> busy;
    std::vector<RespConnection*> connections;
    for (Pipeline& pipeline : pipelines_) {
      if (pipeline.requests.empty()) continue;
      busy.push_back(&pipeline);
      connections.push_back(pipeline.connection.get());
    }
    if (busy.empty() && pending_.empty()) return false;
    absl::Time wake = deadline_;
    for (const Pending& pending : pending_) {
      if (pending.due < wake && IsNextOfItsSlot(*pending.trip)) {
        wake = pending.due;
      }
    }
    if (busy.empty()) {
      absl::SleepFor(wake - absl::Now());
      return true;
    }
    const auto pumped = PollConnections(connections, wake);
    const bool is_over = !pumped.ok() && absl::Now() >= deadline_;
    if (is_over) {
      pending_.clear();
      sent_again_.clear();
    }
    for (size_t i = 0; i < busy.size(); ++i) {
      TakeReplies(*busy[i]);
      if (pumped.ok() && !(*pumped)[i].ok()) Abandon(*busy[i], (*pumped)[i]);
      if (is_over) Abandon(*busy[i], pumped.status());
    }
    return true;
  }

  void TakeReplies(Pipeline& pipeline) {
    while (pipeline.connection->has_reply()) {
      RespValue reply = pipeline.connection->TakeReply();
      const Request request = pipeline.requests.front();
      pipeline.requests.pop_front();
      if (request.trip == nullptr) continue;
      Trip& trip = *request.trip;
      if (!trip.IsInBody(request.part)) {
        TakeReply(pipeline, request, std::move(reply));
        continue;
      }
      trip.replies.push_back(std::move(reply));
      const size_t part_count = trip.delivery->parts.size();
      if (request.part + 1 == part_count) TakeTransaction(pipeline, trip);
    }
  }

  void TakeReply(Pipeline& pipeline, const Request& request, RespValue reply) {
    Trip& trip = *request.trip;
    std::optional<Detour> detour;
    if (reply.is_error() && !trip.detour) {
      detour = DetourAfter(pipeline, trip, reply);
    }
    NoteReply(trip, request.part, std::move(reply));
    if (trip.is_transaction()) {
      // A WATCH. Whether the transaction starts is decided at MULTI.
      --trip.open_watches;
      if (detour) trip.detour = detour;
    } else if (detour) {
      SendAgain(trip, *detour);
    } else {
      Settle(trip);
    }
  }

  // A redirection in a transaction comes when a command is queued, or at EXEC;
  // either way nothing was executed, and the whole is sent again.
  void TakeTransaction(Pipeline& pipeline, Trip& trip) {
    std::vector<RespValue> replies = std::exchange(trip.replies, {});
    const bool may_have_effects =
        replies.front().is_error() || replies.back().is_array();
    std::optional<Detour> detour;
    for (const RespValue& reply : replies) {
      if (may_have_effects || detour) break;
      if (reply.is_error()) detour = DetourAfter(pipeline, trip, reply);
    }
    for (size_t i = 0; i < replies.size(); ++i) {
      NoteReply(trip, trip.delivery->watch_count + i, std::move(replies[i]));
    }
    if (detour) {
      SendAgain(trip, *detour);
    } else {
      Settle(trip);
    }
  }

  // Connections that end.

  // Gives up on a connection and notes what it leaves unanswered.
  void Abandon(Pipeline& pipeline, const absl::Status& cause) {
    if (!pipeline.connection->is_ready()) {
      DropUnready(pipeline, cause);
      return;
    }
    const size_t sent_bytes = pipeline.connection->sent_bytes();
    Retire(pipeline);
    for (const Request& request : std::exchange(pipeline.requests, {})) {
      if (request.trip == nullptr) continue;
      Trip& trip = *request.trip;
      const size_t part_count = trip.delivery->parts.size();
      const bool in_body = trip.IsInBody(request.part);
      // Before its EXEC is sent, a transaction is nothing.
      if (in_body && request.part + 1 < part_count) continue;
      // A node executes no request that it has only the beginning of.
      const bool was_sent = request.end <= sent_bytes;
      NoteSilence(trip, in_body ? trip.delivery->watch_count : request.part,
                  request.part + 1,
                  was_sent ? PartOutcome::kUnknown : PartOutcome::kNotSent,
                  cause);
      if (trip.is_transaction() && !in_body) {
        --trip.open_watches;  // What was watched is noticed at MULTI.
        continue;
      }
      const bool is_safe = in_body ? !was_sent : IsSafe(trip, request.part);
      const auto detour = is_safe ? SamePlace(trip) : std::nullopt;
      if (detour) {
        SendAgain(trip, *detour);
      } else {
        Settle(trip);
      }
    }
    pipeline.connection.reset();
  }

  // Gives up on a connection that never was ready: nothing has left over it,
  // and another one would fare no better for now.
  void DropUnready(Pipeline& pipeline, const absl::Status& cause) {
    for (const Request& request : std::exchange(pipeline.requests, {})) {
      if (request.trip == nullptr) continue;
      Trip& trip = *request.trip;
      NoteSilence(trip, request.part, request.part + 1, PartOutcome::kNotSent,
                  cause);
      if (trip.is_transaction() && !trip.IsInBody(request.part)) {
        --trip.open_watches;
      }
      Settle(trip);
    }
    DropQueue(pipeline, cause);
    pipeline.watcher = nullptr;
    pipeline.connection.reset();
  }

  // Lets another connection take what comes from now on.
  void Retire(Pipeline& pipeline) {
    if (std::exchange(pipeline.is_retired, true)) return;
    pipeline_to_.erase({ToString(pipeline.endpoint), pipeline.readonly});
    for (const Step& step : std::exchange(pipeline.queue, {})) {
      Enqueue(*step.trip, step.first, step.end);
    }
  }

  // Results.

  PartResult& ResultOf(const PlannedPart& part) {
    return result_.parts[static_cast<size_t>(part.command_index)]
                        [static_cast<size_t>(part.part_index)];
  }

  // Rule E4.
  bool IsSafe(const Trip& trip, size_t part) const {
    return plan_.command_plans(trip.delivery->parts[part]->command_index)
               .retry_safety() == v1::RETRY_SAFETY_SAFE;
  }

  void NoteReply(const Trip& trip, size_t part, RespValue reply) {
    PartResult& result = ResultOf(*trip.delivery->parts[part]);
    result.outcome =
        reply.is_error() ? PartOutcome::kFailed : PartOutcome::kApplied;
    result.node = ToString(trip.endpoint);
    result.reply = std::move(reply);
    result.cause = absl::OkStatus();
  }

  // Notes for parts [first, end) why there is no reply.
  void NoteSilence(const Trip& trip, size_t first, size_t end,
                   PartOutcome outcome, const absl::Status& cause) {
    for (size_t i = first; i < end; ++i) {
      PartResult& result = ResultOf(*trip.delivery->parts[i]);
      result.outcome = outcome;
      result.node = ToString(trip.endpoint);
      result.reply = {};
      result.cause = cause;
    }
  }

  const v1::PlanBatchResponse& plan_;
  NodeConnections& connections_;
  const PlanRunOptions& options_;
  const absl::Time deadline_;
  const absl::Time give_up_time_;
  PlanRunResult result_;
  std::vector<Trip> trips_;  // Parallel to the deliveries.
  std::list<Pipeline> pipelines_;
  // Those that are not retired, by endpoint and mode.
  std::map<std::pair<std::string, bool>, Pipeline*> pipeline_to_;
  std::list<Pending> pending_;  // In the order in which they came to wait.
  // By slot: what was sent again and is not settled, in the order of the plan.
  std::map<int, std::vector<Trip*>> sent_again_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace

PlanRunResult RunPlan(const v1::PlanBatchResponse& plan,
                      const Deliveries& deliveries,
                      NodeConnections& connections,
                      const PlanRunOptions& options, absl::Time deadline) {
  PlanRun run(plan, deliveries, connections, options, deadline);
  for (const std::vector<DeliveryStep>& steps : deliveries.stages) {
    run.RunStage(steps);
  }
  return std::move(run).Finish();
}

}  // namespace slotplanner
