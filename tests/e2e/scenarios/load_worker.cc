// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/scenarios/load_worker.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "client/cli/reply_format.h"

namespace slotplanner::scenarios {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(5);
// A WAIT that takes longer finds no replica.
constexpr char kWaitMilliseconds[] = "100";
// Between two tries of what was refused.
constexpr absl::Duration kPause = absl::Milliseconds(50);
constexpr size_t kMaxSteps = 6;
constexpr size_t kMaxKeysOfStep = 5;

std::string FirstWord(const std::string& text) {
  return text.substr(0, text.find(' '));
}

// A word about a command that failed. Holds no bytes of keys or values.
std::string ErrorOf(const CommandResult& result) {
  for (const PartResult& part : result.parts) {
    switch (part.outcome) {
      case PartOutcome::kApplied:
        break;
      case PartOutcome::kFailed:
        return FirstWord(part.reply.text);
      case PartOutcome::kNotSent:
        return absl::StrCat("NOT_SENT:",
                            absl::StatusCodeToString(part.cause.code()));
      case PartOutcome::kUnknown:
        return absl::StrCat("UNKNOWN:",
                            absl::StatusCodeToString(part.cause.code()));
    }
  }
  return FirstWord(result.reply.text);
}

// Whether it says that a node did not execute a write, and why not yet.
bool IsRefusal(const std::string& error) {
  return error == "CLUSTERDOWN" || error == "EXECABORT" || error == "MOVED" ||
         error == "READONLY" || error == "TRYAGAIN";
}

Value ValueOf(const RespValue& reply) {
  return reply.is_nil() ? Value() : Value(reply.text);
}

Value Increment(const Value& value, int64_t by) {
  int64_t number = 0;
  if (value && !absl::SimpleAtoi(*value, &number)) return value;
  return absl::StrCat(number + by);
}

bool IsOk(const RespValue& reply) { return reply == RespValue::Status("OK"); }

std::string NameOf(const std::set<Value>& values) {
  return absl::StrJoin(values, "|", [](std::string* out, const Value& value) {
    absl::StrAppend(out, value.value_or("(nil)"));
  });
}

}  // namespace

LoadWorker::LoadWorker(size_t number, const BatchPlanner& planner,
                       const NodeConnectionsOptions& connections,
                       const BatchRunnerOptions& runner_options,
                       const LoadOptions& options, uint64_t seed,
                       LoadReport& report)
    : number_(number),
      options_(options),
      rules_{.reads_may_be_stale = options.request.read_preference() !=
                                   v1::READ_PREFERENCE_PRIMARY,
             .writes_may_be_lost = options.wait_replicas > 0},
      runner_(planner, connections, runner_options),
      random_(seed),
      models_(options.key_count),
      report_(report) {}

absl::Status LoadWorker::DeleteKeys() {
  v1::PlanBatchRequest request = options_.request;
  v1::Command& command = *request.add_commands();
  command.add_args("DEL");
  for (size_t i = 0; i < models_.size(); ++i) command.add_args(NameOf(i));
  const auto result = runner_.Run(request, absl::Now() + absl::Seconds(30));
  if (!result.ok()) return result.status();
  const RespValue& reply = result->commands[0].reply;
  if (reply.is_error()) return absl::UnavailableError(reply.text);
  return absl::OkStatus();
}

void LoadWorker::Run(const std::stop_token& stop) {
  const absl::Duration pace = absl::Seconds(1) / options_.batches_per_second;
  for (absl::Time next = absl::Now(); !stop.stop_requested();
       next = std::max(next + pace, absl::Now())) {
    absl::SleepFor(next - absl::Now());
    RunBatch();
  }
}

std::string LoadWorker::NameOf(size_t key) const {
  return absl::StrCat("load:", number_, ":", key);
}

std::vector<LoadWorker::Step> LoadWorker::ChooseSteps() {
  static constexpr Kind kKinds[] = {
      Kind::kSet, Kind::kMset,   Kind::kGet,  Kind::kGet,        Kind::kMget,
      Kind::kDel, Kind::kExists, Kind::kIncr, Kind::kTransaction};
  std::set<size_t> used;
  std::vector<Step> steps;
  for (size_t i = 1 + random_.Below(kMaxSteps); i > 0; --i) {
    Step step{.kind = random_.OneOf(kKinds), .keys = {}, .values = {}};
    const bool takes_many =
        step.kind == Kind::kMset || step.kind == Kind::kMget ||
        step.kind == Kind::kDel || step.kind == Kind::kExists;
    for (size_t j = takes_many ? 1 + random_.Below(kMaxKeysOfStep) : 1; j > 0;
         --j) {
      size_t key = random_.Below(models_.size());
      const bool sets = step.kind == Kind::kSet || step.kind == Kind::kMset;
      if (sets) key -= key % 2;
      if (step.kind == Kind::kIncr || step.kind == Kind::kTransaction) key |= 1;
      if (!used.insert(key).second) continue;
      step.keys.push_back(key);
      if (sets) {
        step.values.push_back(absl::StrCat("v", models_[key].NextNumber()));
      }
    }
    if (!step.keys.empty()) steps.push_back(std::move(step));
  }
  return steps;
}

void LoadWorker::AddCommand(const std::vector<std::string>& args,
                            v1::PlanBatchRequest& request) {
  v1::Command& command = *request.add_commands();
  for (const std::string& arg : args) command.add_args(arg);
}

void LoadWorker::AddCommands(Step& step, v1::PlanBatchRequest& request) const {
  step.first_command = static_cast<size_t>(request.commands_size());
  std::vector<std::string> names;
  std::vector<std::string> names_and_values;
  for (size_t i = 0; i < step.keys.size(); ++i) {
    names.push_back(NameOf(step.keys[i]));
    names_and_values.push_back(names.back());
    if (!step.values.empty()) names_and_values.push_back(step.values[i]);
  }
  const auto add = [&request](const std::string& name,
                              std::vector<std::string> args) {
    args.insert(args.begin(), name);
    AddCommand(args, request);
  };
  switch (step.kind) {
    case Kind::kSet:
      return add("SET", names_and_values);
    case Kind::kMset:
      return add("MSET", names_and_values);
    case Kind::kGet:
      return add("GET", names);
    case Kind::kMget:
      return add("MGET", names);
    case Kind::kDel:
      return add("DEL", names);
    case Kind::kExists:
      return add("EXISTS", names);
    case Kind::kIncr:
      return add("INCR", names);
    case Kind::kTransaction:
      add("MULTI", {});
      add("INCR", names);
      add("INCR", names);
      add("EXEC", {});
      step.command_count = 4;
      return;
  }
}

void LoadWorker::RunBatch() {
  const absl::Time start = absl::Now();
  const absl::Time deadline = start + kTimeout;
  Tried tried = TrySteps(ChooseSteps(), deadline);
  const size_t command_count = tried.command_count;
  std::vector<std::string> errors = tried.errors;
  while (!tried.refused.empty() && absl::Now() + kPause < deadline) {
    absl::SleepFor(kPause);
    tried = TrySteps(std::move(tried.refused), deadline);
    errors.insert(errors.end(), tried.errors.begin(), tried.errors.end());
  }
  errors.insert(errors.end(), tried.refused_errors.begin(),
                tried.refused_errors.end());
  report_.TakeBatch(start, command_count, errors);
}

LoadWorker::Tried LoadWorker::TrySteps(std::vector<Step> steps,
                                       absl::Time deadline) {
  v1::PlanBatchRequest request = options_.request;
  for (Step& step : steps) AddCommands(step, request);
  const auto command_count = static_cast<size_t>(request.commands_size());
  Tried tried{.command_count = command_count,
              .errors = {},
              .refused = {},
              .refused_errors = {}};
  if (options_.wait_replicas > 0) {
    AddCommand(
        {"WAIT", absl::StrCat(options_.wait_replicas), kWaitMilliseconds},
        request);
  }
  const auto result = runner_.Run(request, deadline);
  if (!result.ok()) {
    // Nothing was sent: the models stay as they are.
    tried.errors.assign(command_count,
                        absl::StrCat("PLAN:", absl::StatusCodeToString(
                                                  result.status().code())));
    return tried;
  }
  const bool is_assured = IsAssured(*result);
  for (Step& step : steps) {
    const auto results = std::span(result->commands)
                             .subspan(step.first_command, step.command_count);
    std::vector<std::string> errors;
    for (const CommandResult& command : results) {
      if (command.reply.is_error()) errors.push_back(ErrorOf(command));
    }
    if (!errors.empty()) {
      TakeFailure(step);
      const bool is_refused =
          options_.wait_replicas > 0 &&
          std::all_of(errors.begin(), errors.end(), IsRefusal);
      auto& all = is_refused ? tried.refused_errors : tried.errors;
      all.insert(all.end(), errors.begin(), errors.end());
      if (is_refused) tried.refused.push_back(std::move(step));
      continue;
    }
    const std::string expected = ExpectationOf(step);
    if (!Check(step, results, is_assured)) {
      const v1::Command& command =
          request.commands(static_cast<int>(step.first_command));
      report_.TakeWrongReply(absl::StrJoin(command.args(), " "), expected,
                             cli::FormatReplyJson(results.back().reply));
    }
  }
  return tried;
}

// A redirected write is none of those that WAIT speaks of.
bool LoadWorker::IsAssured(const ExecutionResult& result) const {
  if (options_.wait_replicas == 0) return true;
  const RespValue& reply = result.commands.back().reply;
  return reply.is_integer() && reply.integer >= options_.wait_replicas &&
         !result.plan_outdated;
}

bool LoadWorker::Check(const Step& step, std::span<const CommandResult> results,
                       bool is_assured) {
  const RespValue& reply = results.back().reply;
  KeyModel& model = models_[step.keys[0]];
  switch (step.kind) {
    case Kind::kSet:
    case Kind::kMset:
      for (size_t i = 0; i < step.keys.size(); ++i) {
        models_[step.keys[i]].Wrote(step.values[i], is_assured);
      }
      return IsOk(reply);
    case Kind::kGet:
      return (reply.is_nil() || reply.is_text()) &&
             model.Read(ValueOf(reply), rules_);
    case Kind::kMget: {
      bool is_right =
          reply.is_array() && reply.elements.size() == step.keys.size();
      for (size_t i = 0; is_right && i < step.keys.size(); ++i) {
        const RespValue& element = reply.elements[i];
        is_right = (element.is_nil() || element.is_text()) &&
                   models_[step.keys[i]].Read(ValueOf(element), rules_);
      }
      return is_right;
    }
    case Kind::kDel:
    case Kind::kExists: {
      int64_t least = 0;
      int64_t most = 0;
      const bool may_be_stale =
          rules_.reads_may_be_stale && step.kind == Kind::kExists;
      for (const size_t key : step.keys) {
        const std::set<Value>& values = models_[key].values();
        const bool may_be_missing = values.contains(std::nullopt);
        most += may_be_missing && values.size() == 1 && !may_be_stale ? 0 : 1;
        least += may_be_missing || may_be_stale ? 0 : 1;
        if (step.kind == Kind::kDel) models_[key].Wrote({}, is_assured);
      }
      return reply.is_integer() && reply.integer >= least &&
             reply.integer <= most;
    }
    case Kind::kIncr:
    case Kind::kTransaction: {
      const bool is_transaction = step.kind == Kind::kTransaction;
      if (is_transaction &&
          (!IsOk(results[0].reply) || !reply.is_array() ||
           reply.elements.size() != 2 || !reply.elements[1].is_integer() ||
           reply.elements[0].integer + 1 != reply.elements[1].integer)) {
        return false;
      }
      const RespValue& last = is_transaction ? reply.elements[1] : reply;
      if (!last.is_integer()) return false;
      const std::string count = absl::StrCat(last.integer);
      const bool is_possible = std::any_of(
          model.values().begin(), model.values().end(),
          [&](const Value& value) {
            return Increment(value, is_transaction ? 2 : 1) == count;
          });
      model.Wrote(count, is_assured || !is_possible);
      return is_possible;
    }
  }
  return false;
}

void LoadWorker::TakeFailure(const Step& step) {
  for (size_t i = 0; i < step.keys.size(); ++i) {
    KeyModel& model = models_[step.keys[i]];
    switch (step.kind) {
      case Kind::kGet:
      case Kind::kMget:
      case Kind::kExists:
        break;
      case Kind::kSet:
      case Kind::kMset:
        model.MayHaveWritten([&](const Value&) { return step.values[i]; });
        break;
      case Kind::kDel:
        model.MayHaveWritten([](const Value&) { return std::nullopt; });
        break;
      case Kind::kIncr:
        model.MayHaveWritten([](const Value& v) { return Increment(v, 1); });
        break;
      case Kind::kTransaction:
        model.MayHaveWritten([](const Value& v) { return Increment(v, 2); });
        break;
    }
  }
}

std::string LoadWorker::ExpectationOf(const Step& step) const {
  std::vector<std::string> texts;
  for (const size_t key : step.keys) {
    texts.push_back(scenarios::NameOf(models_[key].values()));
  }
  return absl::StrCat("from ", absl::StrJoin(texts, ", "));
}

}  // namespace slotplanner::scenarios
