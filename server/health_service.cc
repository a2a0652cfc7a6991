// SPDX-License-Identifier: Apache-2.0
#include "server/health_service.h"

#include <cassert>
#include <cstdint>
#include <utility>
#include <vector>

#include "service/answers/api_error.h"
#include "service/rpc/rpc_status.h"

namespace slotplanner {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

namespace {

// Our longest name has 98 bytes: the API's, a slash, and a cluster's of 63. A
// longer request can only be meant to be kept in memory, which a Watch does as
// long as it lasts, unknown fields included.
constexpr size_t kMaxRequestBytes = 256;

}  // namespace

// One Watch call. It deletes itself when gRPC is done with it.
class HealthService::Watcher final
    : public grpc::ServerWriteReactor<HealthCheckResponse> {
 public:
  // What gRPC is to begin next.
  enum class Step { kNone, kWrite, kFinish };

  Watcher(HealthService* service, std::string name)
      : service_(service), name_(std::move(name)) {}

  const std::string& name() const { return name_; }

  // The call is to end with `status`; the first one counts. Requires, like
  // `ClaimStep`: the service's mutex is held.
  void EndWith(const grpc::Status& status) {
    if (!end_) end_ = status;
  }

  // The next step, if there is one and none is under way, for a name of that
  // status. It is then under way: no other is claimed, and this lives, until
  // gRPC is through with it.
  Step ClaimStep(Status status) {
    if (is_busy_) return Step::kNone;
    if (end_) {
      is_busy_ = true;  // For good: nothing comes after the end.
      return Step::kFinish;
    }
    if (sent_ == status) return Step::kNone;
    is_busy_ = true;
    sent_ = status;
    message_.set_status(status);
    return Step::kWrite;
  }

  // Begins what was claimed. Requires: the service's mutex is not held. This
  // may be gone afterwards.
  void Take(Step step) {
    if (step == Step::kWrite) StartWrite(&message_);
    if (step == Step::kFinish) Finish(*end_);
  }

  void OnWriteDone(bool ok) override {
    service_->ChangeOne(this, [&] {
      is_busy_ = false;
      if (!ok) EndWith(CallerHasGone());
    });
  }

  void OnCancel() override {
    service_->ChangeOne(this, [&] { EndWith(CallerHasGone()); });
  }

  void OnDone() override {
    {
      const std::lock_guard lock(service_->mutex_);
      service_->watchers_.erase(this);
    }
    delete this;
  }

 private:
  static grpc::Status CallerHasGone() {
    return {grpc::StatusCode::CANCELLED, "The caller has gone."};
  }

  HealthService* const service_;
  const std::string name_;
  // Guarded by the service's mutex, as all below; what a step needs belongs to
  // gRPC while the step is under way.
  bool is_busy_ = false;
  std::optional<Status> sent_;  // The newest status given to gRPC.
  HealthCheckResponse message_;
  std::optional<grpc::Status> end_;  // Set once.
};

template <typename Change>
void HealthService::ChangeOne(Watcher* watcher, Change change) {
  Watcher::Step step = Watcher::Step::kNone;
  {
    const std::lock_guard lock(mutex_);
    change();
    step = watcher->ClaimStep(StatusOf(watcher->name()));
  }
  watcher->Take(step);
}

template <typename Change>
void HealthService::ChangeAll(Change change) {
  std::vector<std::pair<Watcher*, Watcher::Step>> steps;
  {
    const std::lock_guard lock(mutex_);
    change();
    for (Watcher* const watcher : watchers_) {
      const auto step = watcher->ClaimStep(StatusOf(watcher->name()));
      if (step != Watcher::Step::kNone) steps.emplace_back(watcher, step);
    }
  }
  for (const auto& [watcher, step] : steps) watcher->Take(step);
}

HealthService::HealthService(int max_watchers, HealthGate gate)
    : max_watchers_(static_cast<size_t>(max_watchers)),
      gate_(std::move(gate)),
      is_serving_({{"", true}}) {}

HealthService::~HealthService() { assert(watchers_.empty()); }

void HealthService::SetServing(const std::string& name, bool is_serving) {
  ChangeAll([&] { is_serving_[name] = is_serving && !has_stopped_serving_; });
}

void HealthService::Remove(const std::string& name) {
  ChangeAll([&] { is_serving_.erase(name); });
}

std::optional<bool> HealthService::IsServing(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto known = is_serving_.find(name);
  if (known == is_serving_.end()) return std::nullopt;
  return known->second;
}

void HealthService::StopServing() {
  ChangeAll([&] {
    has_stopped_serving_ = true;
    for (auto& [name, is_serving] : is_serving_) is_serving = false;
  });
}

void HealthService::EndWatches() {
  ChangeAll([&] {
    has_ended_watches_ = true;
    const grpc::Status status = ToGrpcStatus(StoppingError());
    for (Watcher* const watcher : watchers_) watcher->EndWith(status);
  });
}

grpc::ServerUnaryReactor* HealthService::Check(
    grpc::CallbackServerContext* context, const HealthCheckRequest* request,
    HealthCheckResponse* response) {
  grpc::Status status = Admit(*context, *request);
  if (status.ok()) {
    const std::optional<bool> is_serving = IsServing(request->service());
    if (is_serving) {
      response->set_status(*is_serving ? HealthCheckResponse::SERVING
                                       : HealthCheckResponse::NOT_SERVING);
    } else {
      status = {grpc::StatusCode::NOT_FOUND,
                "There is no service of that name; the empty name is that of "
                "the whole process."};
    }
  }
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext* context, const HealthCheckRequest* request) {
  const grpc::Status admitted = Admit(*context, *request);
  auto* const watcher = new Watcher(this, request->service());
  ChangeOne(watcher, [&] {
    if (!admitted.ok()) {
      watcher->EndWith(admitted);
    } else if (has_ended_watches_) {
      watcher->EndWith(ToGrpcStatus(StoppingError()));
    } else if (watchers_.size() >= max_watchers_) {
      watcher->EndWith(ToGrpcStatus(OverloadedError(
          "watchers of health", static_cast<int64_t>(max_watchers_))));
    } else {
      watchers_.insert(watcher);
    }
  });
  return watcher;
}

grpc::Status HealthService::Admit(const grpc::CallbackServerContext& context,
                                  const HealthCheckRequest& request) const {
  if (gate_) {
    grpc::Status status = gate_(context);
    if (!status.ok()) return status;
  }
  if (request.ByteSizeLong() > kMaxRequestBytes) {
    return {grpc::StatusCode::INVALID_ARGUMENT,
            "The request is longer than any that names a service; send the "
            "name of one."};
  }
  return grpc::Status::OK;
}

HealthService::Status HealthService::StatusOf(const std::string& name) const {
  const auto known = is_serving_.find(name);
  if (known == is_serving_.end()) return HealthCheckResponse::SERVICE_UNKNOWN;
  return known->second ? HealthCheckResponse::SERVING
                       : HealthCheckResponse::NOT_SERVING;
}

}  // namespace slotplanner
