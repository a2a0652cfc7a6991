// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/differential/differential_run.h"

#include <algorithm>
#include <array>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <google/protobuf/util/message_differencer.h>

#include "slotplanner/v1/slot_planner_service.pb.h"
#include "slotplanner/v1/topology_service.pb.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/cli/reply_format.h"
#include "client/cpp/slot_planner_client.h"
#include "service/commands/command_catalog.h"
#include "service/resp/redirection.h"
#include "tests/e2e/differential/batch_generator.h"
#include "tests/e2e/differential/client_under_test.h"
#include "tests/e2e/differential/coverage.h"
#include "tests/e2e/differential/dump_comparison.h"
#include "tests/e2e/differential/failovers.h"
#include "tests/e2e/differential/keyspace_comparison.h"
#include "tests/e2e/differential/redis_session.h"
#include "tests/e2e/differential/refusal_check.h"
#include "tests/e2e/differential/replication.h"
#include "tests/e2e/differential/reply_comparison.h"
#include "tests/e2e/differential/server_made_arguments.h"

namespace slotplanner {
extern const std::string_view kDifferentialCommands;  // Of commands.txt.
}  // namespace slotplanner

namespace slotplanner::differential {
namespace {

constexpr size_t kMaxDifferences = 5;
constexpr size_t kMaxSetAside = 4;        // Batches a failover; one is usual.
constexpr size_t kProgressStep = 50'000;  // Commands between two lines.

// Once all replicas are in sync.
absl::StatusOr<std::vector<RespEndpoint>> FindPrimaries(
    const SlotPlannerClient& planner) {
  const auto topology = WaitForReplicas(planner);
  if (!topology.ok()) return topology.status();
  std::vector<RespEndpoint> primaries;
  for (const v1::Shard& shard : topology->shards()) {
    primaries.push_back(EndpointOf(shard.primary()));
  }
  if (primaries.size() < 2) {
    return absl::FailedPreconditionError("The cluster has one primary only.");
  }
  return primaries;
}

// A connection to the standalone server, in a database that FLUSHDB of the test
// spares and DBSIZE does not see.
absl::StatusOr<RedisSession> ConnectScratch(const RespEndpoint& standalone) {
  auto session = RedisSession::Connect(standalone);
  if (!session.ok()) return session.status();
  const auto selected = session->Call({"SELECT", "9"});
  if (!selected.ok()) return selected.status();
  return session;
}

absl::StatusOr<CommandCatalog> ReadCatalog(RedisSession& session) {
  const auto reply = session.Call({"COMMAND"});
  if (!reply.ok()) return reply.status();
  return CommandCatalog::FromCommandReply(*reply);
}

constexpr size_t kMaxPrintedBytes = 4000;  // Of one reply.

std::string ToText(const RespValue& reply, const Command& command) {
  std::string text = cli::FormatReply(command, reply);
  if (text.size() > kMaxPrintedBytes) {
    text.resize(kMaxPrintedBytes);
    text += "...\n";
  }
  return text;
}

// Whether an error is what a node says whose role changes.
bool TellsOfFailover(const RespValue& reply) {
  return reply.is_error() &&
         (TellsOfTopology(reply.text) || MeansTryLater(reply.text) ||
          MeansNotPrimary(reply.text) ||
          absl::StartsWith(reply.text, "UNBLOCKED ") ||
          absl::StrContains(reply.text, "cannot be used with replica"));
}

// Whether a node has executed a part, so that its reply can be judged.
bool IsSettled(const PartResult& part) {
  return part.outcome == PartOutcome::kApplied ||
         (part.outcome == PartOutcome::kFailed && !TellsOfFailover(part.reply));
}

// The first part that is not settled, as its outcome or the first word of its
// error; nothing when all are.
std::optional<std::string> FindUnsettled(const ExecutionResult& executed) {
  for (const CommandResult& result : executed.commands) {
    const auto part =
        std::find_if_not(result.parts.begin(), result.parts.end(), IsSettled);
    if (part == result.parts.end()) continue;
    if (part->outcome == PartOutcome::kNotSent) return "not sent";
    if (part->outcome == PartOutcome::kUnknown) return "unknown";
    return part->reply.text.substr(0, part->reply.text.find(' '));
  }
  return std::nullopt;
}

// A runner does not tell statuses from bulk strings.
void ForgetStatuses(RespValue& reply) {
  if (reply.is_text()) reply.type = RespValue::Type::kString;
  for (RespValue& element : reply.elements) ForgetStatuses(element);
}

// Deletes what `FLUSHALL` in a batch would, functions, and scripts, which are
// not replicated.
absl::Status Empty(RedisSession& session, bool is_primary) {
  std::vector<Command> commands = {{"SCRIPT", "FLUSH"}};
  if (is_primary) {
    commands.push_back({"FUNCTION", "FLUSH"});
    commands.push_back({"FLUSHALL"});
  }
  const auto replies = session.CallAll(commands);
  if (!replies.ok()) return replies.status();
  for (const RespValue& reply : *replies) {
    if (reply.is_error()) return absl::InternalError(reply.text);
  }
  return absl::OkStatus();
}

absl::Status EmptyNode(const v1::Node& node, bool is_primary) {
  auto session = RedisSession::Connect(EndpointOf(node));
  if (!session.ok()) return session.status();
  return Empty(*session, is_primary);
}

// Runs batches on both sides and compares.
class Comparison {
 public:
  Comparison(const RunOptions& options, const CommandCatalog& catalog,
             RedisSession standalone, RedisSession& scratch,
             std::array<RedisSession, 2> primaries, Coverage& coverage,
             const SlotPlannerClient& planner, ClientUnderTest& client,
             Failovers* failovers)
      : options_(options),
        catalog_(catalog),
        standalone_(std::move(standalone)),
        coverage_(coverage),
        dumps_(scratch),
        replies_(catalog, dumps_,
                 options.read_from_replicas || failovers != nullptr),
        refusals_(catalog, scratch, std::move(primaries)),
        planner_(planner),
        client_(client),
        failovers_(failovers) {}

  absl::Status Run(const std::vector<Command>& batch, v1::SplitPolicy policy) {
    if (options_.read_from_replicas) {
      const auto topology = WaitForReplicas(planner_);
      if (!topology.ok()) return topology.status();
    }
    ++batches_;
    const std::vector<Transaction> transactions =
        FindTransactions(catalog_, batch);
    v1::PlanBatchRequest request;
    request.set_split_policy(policy);
    if (options_.read_from_replicas) {
      request.set_read_preference(v1::READ_PREFERENCE_REPLICA);
    }
    for (const Command& command : batch) {
      auto& args = *request.add_commands()->mutable_args();
      args.Add(command.begin(), command.end());
    }
    const auto plan = planner_.PlanBatch(request);
    if (!plan.ok()) return plan.status();
    if (plan->command_plans_size() != static_cast<int>(batch.size())) {
      return absl::InternalError("The plan has not one entry per command.");
    }
    const absl::Time begin = absl::Now();
    auto executed = client_.Execute(request, *plan);
    if (!executed.ok()) return executed.status();
    in_failover_ = failovers_ != nullptr && failovers_->WasUnderWaySince(begin);
    if (in_failover_) {
      ++batches_in_failovers_;
      if (const auto what = FindUnsettled(*executed)) {
        ++set_aside_[*what];
        return EmptyBothSides();
      }
    }
    absl::Status status = AskStandalone(batch, transactions, *plan);
    if (status.ok()) {
      status = CheckRefusals(batch, transactions, *plan);
    }
    if (!status.ok()) return status;
    for (const Transaction& transaction : transactions) {
      for (const size_t i : transaction.inside) {
        queued_[transaction.Members().back()].push_back(batch[i]);
      }
    }
    for (size_t i = 0; i < batch.size(); ++i) {
      const v1::CommandPlan& command_plan =
          plan->command_plans(static_cast<int>(i));
      CommandResult& result = executed->commands[i];
      CheckResult(batch, i, command_plan, result);
      if (!options_.runner.empty()) ForgetStatuses(result.reply);
      status = CompareReplies(batch, i, command_plan, result.reply);
      if (!status.ok()) return status;
    }
    queued_.clear();
    return absl::OkStatus();
  }

  absl::Status CompareKeyspaces(const std::vector<RespEndpoint>& primaries) {
    auto result = slotplanner::differential::CompareKeyspaces(
        primaries, standalone_, dumps_,
        /*were_replicas=*/failovers_ != nullptr);
    if (!result.ok()) return result.status();
    for (const std::string& difference : result->differences) {
      if (++differences_ > kMaxDifferences) break;
      std::cout << "DIFFERENCE in the keyspace: " << difference << "\n";
    }
    key_count_ = result->key_count;
    return absl::OkStatus();
  }

  size_t differences() const { return differences_; }

  // A failover leaves unsettled what goes to all nodes, and little else.
  void CheckSetAside(size_t failovers) {
    const size_t most = kMaxSetAside * (failovers + 1);
    if (CountSetAside() <= most) return;
    ++differences_;
    std::cout << "DIFFERENCE: " << CountSetAside()
              << " batches were left unsettled, more than " << most
              << ", as many as a client cannot help.\n";
  }

  std::string FailoverSummary() const {
    std::string what;
    for (const auto& [name, count] : set_aside_) {
      absl::StrAppend(&what, " ", name, " ", count);
    }
    return absl::StrCat("batches during failovers: ", batches_in_failovers_,
                        ", of these set aside: ", CountSetAside(), what, "\n");
  }

  std::string Summary() const {
    std::string verdicts;
    for (const auto& [name, count] : verdicts_) {
      absl::StrAppend(&verdicts, " ", name, " ", count);
    }
    return absl::StrCat("commands: ", commands_, " in ", batches_,
                        " batches\nby verdict:", verdicts,
                        "\nanswered with errors: ", errors_,
                        "\nkeys compared at the end: ", key_count_, "\n");
  }

 private:
  // Empties all nodes of the cluster, by no client, and the standalone server.
  absl::Status EmptyBothSides() {
    const Failovers::Pause pause = failovers_->WaitForPause();
    const auto topology = WaitForReplicas(planner_);
    if (!topology.ok()) return topology.status();
    absl::Status status = Empty(standalone_, /*is_primary=*/true);
    for (const v1::Shard& shard : topology->shards()) {
      status.Update(EmptyNode(shard.primary(), /*is_primary=*/true));
      for (const v1::Node& replica : shard.replicas()) {
        status.Update(EmptyNode(replica, /*is_primary=*/false));
      }
    }
    return status;
  }

  // Runs on the standalone server what the plan has, and the commands that the
  // planner calls wrong, which must fail there too.
  absl::Status AskStandalone(const std::vector<Command>& batch,
                             const std::vector<Transaction>& transactions,
                             const v1::PlanBatchResponse& plan) {
    std::vector<bool> in_transaction(batch.size());
    for (const Transaction& transaction : transactions) {
      for (const size_t i : transaction.Members()) in_transaction[i] = true;
    }
    std::vector<Command> commands;
    std::vector<std::optional<size_t>> reply_of(batch.size());
    std::vector<std::optional<size_t>> probe_of(batch.size());
    for (size_t i = 0; i < batch.size(); ++i) {
      const auto& command_plan = plan.command_plans(static_cast<int>(i));
      const bool is_refused = command_plan.verdict() == v1::VERDICT_REFUSED;
      if (is_refused && (in_transaction[i] ||
                         !IsForBadCommand(command_plan.refusal().reason()))) {
        continue;
      }
      reply_of[i] = commands.size();
      commands.push_back(batch[i]);
      const CommandInfo* info = InfoOf(catalog_, batch[i]);
      if (!is_refused && info != nullptr && NeedsProbe(*info)) {
        probe_of[i] = commands.size();
        commands.push_back(ProbeFor(batch[i]));
      }
    }
    const auto replies = standalone_.CallAll(commands);
    if (!replies.ok()) return replies.status();
    const auto at = [&](std::optional<size_t> index) {
      return index ? std::optional((*replies)[*index]) : std::nullopt;
    };
    standalone_replies_.clear();
    probes_.clear();
    for (size_t i = 0; i < batch.size(); ++i) {
      standalone_replies_.push_back(at(reply_of[i]));
      probes_.push_back(at(probe_of[i]));
    }
    return absl::OkStatus();
  }

  absl::Status CheckRefusals(const std::vector<Command>& batch,
                             const std::vector<Transaction>& transactions,
                             const v1::PlanBatchResponse& plan) {
    const auto is_refused = [&](size_t i) {
      return plan.command_plans(static_cast<int>(i)).verdict() ==
             v1::VERDICT_REFUSED;
    };
    std::vector<bool> is_checked(batch.size());
    for (const Transaction& transaction : transactions) {
      if (!is_refused(transaction.multi)) continue;
      for (const size_t i : transaction.Members()) is_checked[i] = true;
      const auto right = refusals_.IsRight(batch, transaction);
      if (!right.ok()) return right.status();
      if (!*right) {
        Report(batch, transaction.multi,
               plan.command_plans(static_cast<int>(transaction.multi)),
               "The transaction is refused without need.\n");
      }
    }
    for (size_t i = 0; i < batch.size(); ++i) {
      if (!is_refused(i) || is_checked[i]) continue;
      const auto& command_plan = plan.command_plans(static_cast<int>(i));
      const auto right = refusals_.IsRight(batch[i], command_plan.refusal());
      if (!right.ok()) return right.status();
      const auto& reply = standalone_replies_[i];
      if (!*right || (reply && !reply->is_error())) {
        Report(batch, i, command_plan,
               reply ? absl::StrCat("Refused, but the standalone answers:\n",
                                    ToText(*reply, batch[i]))
                     : "Refused without need.\n");
      }
    }
    return absl::OkStatus();
  }

  // Whether the client says why it did not run a command, and what became of
  // each part of one that it ran.
  void CheckResult(const std::vector<Command>& batch, size_t i,
                   const v1::CommandPlan& command_plan,
                   const CommandResult& result) {
    const bool is_refused = command_plan.verdict() == v1::VERDICT_REFUSED;
    if (is_refused != result.refusal.has_value() ||
        (is_refused && !google::protobuf::util::MessageDifferencer::Equals(
                           command_plan.refusal(), *result.refusal))) {
      Report(batch, i, command_plan,
             absl::StrCat(
                 "The client has another refusal:\n",
                 result.refusal ? result.refusal->ShortDebugString() : "none",
                 "\n"));
    } else if (failovers_ == nullptr &&
               (std::cmp_not_equal(result.parts.size(),
                                   command_plan.part_count()) ||
                !std::all_of(result.parts.begin(), result.parts.end(),
                             IsSettled))) {
      Report(batch, i, command_plan,
             absl::StrCat("The client has not run all parts of the plan, but ",
                          result.parts.size(), ":\n",
                          ToText(result.reply, batch[i])));
    }
  }

  absl::Status CompareReplies(const std::vector<Command>& batch, size_t i,
                              const v1::CommandPlan& command_plan,
                              const RespValue& reply) {
    ++commands_;
    ++verdicts_[v1::Verdict_Name(command_plan.verdict())];
    if (command_plan.verdict() == v1::VERDICT_REFUSED) {
      coverage_.CountRefused(batch[i]);
      return absl::OkStatus();
    }
    RespValue& expected = *standalone_replies_[i];
    if (!options_.runner.empty()) ForgetStatuses(expected);
    if (expected.is_error()) ++errors_;
    coverage_.CountAnswered(batch[i], expected.is_error());
    // A primary that is none any more answers what has no key nonetheless, and
    // what it knows is out of date.
    if (in_failover_ && command_plan.verdict() == v1::VERDICT_FAN_OUT) {
      return absl::OkStatus();
    }
    const v1::MergeOperation operation = command_plan.merge().operation();
    const auto same = replies_.AreSame(
        {.command = batch[i],
         .cluster = reply,
         .standalone = expected,
         .probe = probes_[i] ? &*probes_[i] : nullptr,
         .is_merged = command_plan.part_count() > 1,
         .is_by_node = operation == v1::MERGE_OPERATION_BY_NODE,
         .queued = queued_[i]});
    if (!same.ok()) return same.status();
    if (!*same) {
      Report(
          batch, i, command_plan,
          absl::StrCat("The cluster:\n", ToText(reply, batch[i]),
                       "The standalone server:\n", ToText(expected, batch[i])));
    }
    return absl::OkStatus();
  }

  size_t CountSetAside() const {
    size_t sum = 0;
    for (const auto& [name, count] : set_aside_) sum += count;
    return sum;
  }

  void Report(const std::vector<Command>& batch, size_t i,
              const v1::CommandPlan& command_plan, const std::string& what) {
    if (++differences_ > kMaxDifferences) return;
    std::cout << "DIFFERENCE " << differences_ << " (seed " << options_.seed
              << ", batch " << batches_ << ")\n"
              << ToLine(batch[i]) << "\n"
              << what << "Plan: " << command_plan.ShortDebugString()
              << "\nThe batch:\n";
    for (size_t j = 0; j < batch.size(); ++j) {
      std::cout << (j == i ? "> " : "  ") << ToLine(batch[j]) << "\n";
    }
    std::cout << std::endl;
  }

  const RunOptions& options_;
  const CommandCatalog& catalog_;
  RedisSession standalone_;
  Coverage& coverage_;
  DumpComparison dumps_;
  ReplyComparison replies_;
  RefusalCheck refusals_;
  const SlotPlannerClient& planner_;
  ClientUnderTest& client_;
  Failovers* const failovers_;  // Null: there are none.

  // Of the current batch, parallel to its commands; nothing where the
  // standalone server was not asked.
  std::vector<std::optional<RespValue>> standalone_replies_;
  std::vector<std::optional<RespValue>> probes_;
  // What each EXEC of the current batch executes, by its index.
  std::map<size_t, std::vector<Command>> queued_;

  bool in_failover_ = false;  // The current batch was.
  size_t batches_ = 0;
  size_t batches_in_failovers_ = 0;
  std::map<std::string, size_t> set_aside_;  // Batches, by `FindUnsettled`.
  size_t commands_ = 0;
  size_t errors_ = 0;
  size_t key_count_ = 0;
  size_t differences_ = 0;
  std::map<std::string, size_t> verdicts_;
};

absl::Status CheckNames(const CommandTable& table) {
  for (const CommandTemplate& entry : table.templates) {
    std::vector<std::string> names;
    for (const Syntax& syntax : entry.commands) AppendNames(syntax, names);
    for (const std::string& name : names) {
      if (!ArgumentSource::Knows(name)) {
        return absl::InvalidArgumentError(
            absl::StrCat("The command table uses $", name, ", which is none."));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<size_t> RunDifferential(const RunOptions& options) {
  const auto table = ParseCommandTable(kDifferentialCommands);
  if (!table.ok()) return table.status();
  if (auto status = CheckNames(*table); !status.ok()) return status;
  const auto endpoint = ParseEndpoint(options.standalone);
  if (!endpoint.ok()) return endpoint.status();
  auto standalone = RedisSession::Connect(*endpoint);
  if (!standalone.ok()) return standalone.status();
  auto scratch = ConnectScratch(*endpoint);
  if (!scratch.ok()) return scratch.status();
  const auto catalog = ReadCatalog(*standalone);
  if (!catalog.ok()) return catalog.status();
  Coverage coverage(*catalog, *table);
  if (auto status = coverage.CheckTable(); !status.ok()) return status;
  const std::unique_ptr<SlotPlannerClient> planner =
      MakeSlotPlannerClient({.target = options.server});
  const auto primaries = FindPrimaries(*planner);
  if (!primaries.ok()) return primaries.status();
  auto first_primary = RedisSession::Connect((*primaries)[0]);
  if (!first_primary.ok()) return first_primary.status();
  auto second_primary = RedisSession::Connect((*primaries)[1]);
  if (!second_primary.ok()) return second_primary.status();
  auto server_made = MakeServerMadeArguments(*scratch);
  if (!server_made.ok()) return server_made.status();

  std::unique_ptr<ClientUnderTest> client =
      MakePlanExecutorClient(options.timeout);
  if (!options.runner.empty()) {
    auto runner =
        StartRunnerClient(options.runner, options.server, options.timeout);
    if (!runner.ok()) return runner.status();
    client = *std::move(runner);
  }

  Random random(options.seed);
  ArgumentSource arguments(*std::move(server_made), random);
  BatchGenerator generator(*table, *catalog, arguments, random);
  std::optional<Failovers> failovers;
  if (options.failovers > 0) failovers.emplace(*planner);
  Comparison comparison(options, *catalog, *std::move(standalone), *scratch,
                        {*std::move(first_primary), *std::move(second_primary)},
                        coverage, *planner, *client,
                        failovers ? &*failovers : nullptr);
  absl::Status status =
      comparison.Run({{"FLUSHALL"}, {"FUNCTION", "FLUSH"}, {"SCRIPT", "FLUSH"}},
                     v1::SPLIT_POLICY_SPLIT);
  size_t next_progress = kProgressStep;
  const auto is_enough = [&](size_t done) {
    return done >= options.commands &&
           (!failovers || failovers->count() >= options.failovers);
  };
  for (size_t done = 0; status.ok() && !is_enough(done) &&
                        comparison.differences() < kMaxDifferences;) {
    const std::vector<Command> batch = generator.Next(options.batch_size);
    if (options.verbose) {
      for (const Command& command : batch) std::cout << ToLine(command) << "\n";
      std::cout << std::endl;
    }
    status = comparison.Run(batch, random.Percent(5) ? v1::SPLIT_POLICY_ATOMIC
                                                     : v1::SPLIT_POLICY_SPLIT);
    if (failovers) status.Update(failovers->status());
    done += batch.size();
    if (done >= next_progress) {
      next_progress += kProgressStep;
      std::cout << done << " commands so far, " << comparison.differences()
                << " differences" << std::endl;
    }
  }
  if (failovers) failovers->Stop();
  if (status.ok()) {
    const auto primaries_in_the_end = FindPrimaries(*planner);
    status = primaries_in_the_end.ok()
                 ? comparison.CompareKeyspaces(*primaries_in_the_end)
                 : primaries_in_the_end.status();
  }
  status.Update(client->Finish());
  std::cout << comparison.Summary() << coverage.Summary();
  if (failovers) {
    comparison.CheckSetAside(failovers->count());
    std::cout << "failovers: " << failovers->count() << "\n"
              << comparison.FailoverSummary();
  }
  std::cout << "differences: " << comparison.differences() << std::endl;
  if (!status.ok()) return status;
  return comparison.differences();
}

}  // namespace slotplanner::differential
