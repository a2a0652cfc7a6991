// SPDX-License-Identifier: Apache-2.0
#include "client/local/local_planner.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/local/read_snapshot.h"
#include "service/answers/group_keys_answer.h"
#include "service/answers/group_keys_input.h"
#include "service/answers/keyslot_answer.h"
#include "service/answers/plan_answer.h"
#include "service/answers/plan_batch_input.h"
#include "service/answers/request_validation.h"
#include "service/answers/topology_messages.h"
#include "service/answers/what_if.h"
#include "service/commands/command_catalog.h"

namespace slotplanner {
namespace {

// The time until `deadline`, short enough for the clock of a condition
// variable.
std::chrono::nanoseconds TimeUntil(absl::Time deadline) {
  return absl::ToChronoNanoseconds(
      std::min(deadline - absl::Now(), absl::Hours(24)));
}

// Answers are made as bytes, for servers.
template <typename Message>
Message ToMessage(const WireBytes& bytes) {
  Message message;
  message.ParseFromArray(bytes.data.get(), static_cast<int>(bytes.size));
  return message;
}

}  // namespace

LocalPlanner::LocalPlanner(std::shared_ptr<const SlotPlannerClient> client,
                           LocalPlannerOptions options)
    : client_(std::move(client)),
      options_(std::move(options)),
      thread_([this](const std::stop_token& stop) { Watch(stop); }) {}

LocalPlanner::~LocalPlanner() = default;

absl::Status LocalPlanner::WaitUntilReady(absl::Time deadline) const {
  std::unique_lock lock(mutex_);
  const bool is_ready = changed_.wait_for(
      lock, TimeUntil(deadline), [this] { return snapshot_ != nullptr; });
  if (is_ready) return absl::OkStatus();
  return absl::DeadlineExceededError(
      absl::StrCat("No topology came in time. ", last_error_.message()));
}

absl::StatusOr<v1::KeyslotResponse> LocalPlanner::Keyslot(
    const v1::KeyslotRequest& request) const {
  if (!IsOurs(request.cluster())) {
    return ToAbslStatus(UnknownClusterError(request.cluster()));
  }
  v1::KeyslotResponse response;
  AnswerKeyslot(request, CurrentSnapshot().snapshot.get(), response);
  return response;
}

absl::StatusOr<v1::GroupKeysResponse> LocalPlanner::GroupKeys(
    const v1::GroupKeysRequest& request) const {
  GroupKeysInput input(options_.limits);
  input.Take(request);
  if (auto error = Validate(input, options_.limits)) {
    return ToAbslStatus(*error);
  }
  if (!IsOurs(request.cluster())) {
    return ToAbslStatus(UnknownClusterError(request.cluster()));
  }
  const Serving serving = CurrentSnapshot();
  if (serving.error && NeedsTopology(input)) {
    return ToAbslStatus(*serving.error);
  }
  return ToMessage<v1::GroupKeysResponse>(
      AnswerGroupKeys(input, serving.snapshot.get()));
}

absl::StatusOr<v1::PlanBatchResponse> LocalPlanner::PlanBatch(
    const v1::PlanBatchRequest& request, absl::Time deadline) const {
  PlanBatchInput input(options_.limits);
  input.Take(request);
  if (auto error = Validate(input, options_.limits)) {
    return ToAbslStatus(*error);
  }
  if (!IsOurs(request.cluster())) {
    return ToAbslStatus(UnknownClusterError(request.cluster()));
  }
  if (request.has_what_if()) return PlanOnHypothetical(request, input);
  const Serving serving = CurrentSnapshot();
  if (serving.error) return ToAbslStatus(*serving.error);
  if (request.outdated_topology_version() ==
      serving.snapshot->topology->version()) {
    v1::PlanBatchRequest named = request;
    named.set_cluster(options_.cluster);
    return client_->PlanBatch(named, deadline);
  }
  return ToMessage<v1::PlanBatchResponse>(
      ToResponse(MakePlan(input, *serving.snapshot), *serving.snapshot));
}

absl::StatusOr<v1::PlanBatchResponse> LocalPlanner::PlanOnHypothetical(
    const v1::PlanBatchRequest& request, const PlanBatchInput& input) const {
  std::shared_ptr<const ClusterSnapshot> current;
  {
    const std::lock_guard lock(mutex_);
    current = snapshot_;
  }
  const HypotheticalSnapshot what_if =
      MakeHypotheticalSnapshot(request.what_if(), "what_if", current.get());
  if (what_if.error) return ToAbslStatus(*what_if.error);
  return ToMessage<v1::PlanBatchResponse>(
      ToResponse(MakePlan(input, *what_if.snapshot), *what_if.snapshot));
}

absl::StatusOr<v1::ReportRedirectionResponse> LocalPlanner::ReportRedirection(
    const v1::ReportRedirectionRequest& request, absl::Time deadline) const {
  v1::ReportRedirectionRequest named = request;
  named.set_cluster(options_.cluster);
  return client_->ReportRedirection(named, deadline);
}

void LocalPlanner::Watch(const std::stop_token& stop) {
  std::minstd_rand generator(std::random_device{}());
  std::uniform_real_distribution<double> fraction;
  v1::WatchTopologyRequest request;
  request.set_cluster(options_.cluster);
  int breaks = 0;  // In a row.
  while (!stop.stop_requested()) {
    absl::Status taken;
    const absl::Status watched = client_->WatchTopology(
        request,
        [&](const v1::Topology& topology) {
          taken = TakeTopology(topology);
          if (taken.ok()) breaks = 0;
          return taken.ok();
        },
        stop);
    std::unique_lock lock(mutex_);
    broken_since_ = std::min(broken_since_, absl::Now());
    last_error_ = taken.ok() ? watched : taken;
    const absl::Duration delay =
        BackoffDelay(options_.backoff, breaks++, fraction(generator));
    changed_.wait_for(lock, stop, absl::ToChronoNanoseconds(delay),
                      [] { return false; });
  }
}

absl::Status LocalPlanner::TakeTopology(const v1::Topology& topology) {
  std::shared_ptr<const CommandCatalog> catalog;
  {
    const std::lock_guard lock(mutex_);
    if (snapshot_ != nullptr) catalog = snapshot_->catalog;
  }
  if (catalog == nullptr || catalog->version() != topology.commands_version()) {
    auto read =
        ReadCatalog(*client_, options_.cluster, topology.commands_version());
    if (!read.ok()) return read.status();
    catalog = *std::move(read);
  }
  auto snapshot = ToSnapshot(topology, std::move(catalog));
  if (!snapshot.ok()) return snapshot.status();
  const std::lock_guard lock(mutex_);
  snapshot_ = std::make_shared<const ClusterSnapshot>(*std::move(snapshot));
  broken_since_ = absl::InfiniteFuture();
  changed_.notify_all();
  return absl::OkStatus();
}

bool LocalPlanner::IsOurs(const std::string& cluster) const {
  return cluster.empty() || cluster == options_.cluster;
}

LocalPlanner::Serving LocalPlanner::CurrentSnapshot() const {
  const std::lock_guard lock(mutex_);
  if (snapshot_ == nullptr) {
    return {.snapshot = nullptr,
            .error = TopologyNotReadyError(options_.cluster)};
  }
  const absl::Duration age = absl::Now() - broken_since_;
  if (age > options_.max_topology_age) {
    return {.snapshot = nullptr,
            .error = TopologyStaleError(options_.cluster, age,
                                        options_.max_topology_age)};
  }
  return {.snapshot = snapshot_, .error = std::nullopt};
}

}  // namespace slotplanner
