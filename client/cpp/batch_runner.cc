// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/batch_runner.h"

#include <algorithm>
#include <random>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "client/cpp/batch_progress.h"

namespace slotplanner {

BatchRunner::BatchRunner(const BatchPlanner& planner,
                         NodeConnectionsOptions connections,
                         const BatchRunnerOptions& options)
    : planner_(planner),
      options_(options),
      executor_(std::move(connections), options.executing,
                options.address_map) {}

absl::StatusOr<ExecutionResult> BatchRunner::Run(
    const v1::PlanBatchRequest& request, absl::Time deadline) {
  if (request.has_what_if()) {
    return absl::InvalidArgumentError(
        "A plan on a hypothetical topology is not for running.");
  }
  BatchProgress progress(request);
  for (int retry = 0;; ++retry) {
    const auto plan = Plan(progress.request(), deadline);
    absl::Status status = plan.status();
    std::string redirection;
    if (plan.ok()) {
      auto result =
          executor_.Execute(progress.request().commands(), *plan, deadline);
      status = result.status();
      if (result.ok()) {
        redirection = result->redirection;
        progress.Take(*plan, *std::move(result));
      }
    }
    if (!status.ok()) {
      if (retry == 0) return status;
      return std::move(progress).Finish();
    }
    if (progress.is_done() || !Wait(retry, deadline)) {
      Report(request, *plan, redirection, deadline);
      return std::move(progress).Finish();
    }
  }
}

absl::StatusOr<v1::PlanBatchResponse> BatchRunner::Plan(
    const v1::PlanBatchRequest& request, absl::Time deadline) const {
  for (int retry = 0;; ++retry) {
    auto plan = planner_.PlanBatch(request, deadline);
    if (!absl::IsUnavailable(plan.status()) || !Wait(retry, deadline)) {
      return plan;
    }
  }
}

// A plan that is made again says the same in `outdated_topology_version`; so
// this is for those that got done in spite of it. No error of it matters: the
// next plan that is outdated is reported, too.
void BatchRunner::Report(const v1::PlanBatchRequest& request,
                         const v1::PlanBatchResponse& plan,
                         const std::string& redirection,
                         absl::Time deadline) const {
  if (redirection.empty()) return;
  v1::ReportRedirectionRequest report;
  report.set_cluster(request.cluster());
  report.set_error(redirection);
  report.set_topology_version(plan.topology().version());
  const absl::Time timeout = absl::Now() + options_.report_timeout;
  (void)planner_.ReportRedirection(report, std::min(deadline, timeout));
}

bool BatchRunner::Wait(int retry, absl::Time deadline) const {
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_real_distribution<double> fraction;
  const absl::Duration delay =
      BackoffDelay(options_.planning, retry, fraction(random));
  if (absl::Now() + delay >= deadline) return false;
  absl::SleepFor(delay);
  return true;
}

}  // namespace slotplanner
