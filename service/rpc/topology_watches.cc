// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/topology_watches.h"

#include <cassert>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "slotplanner/v1/topology_service.grpc.pb.h"

#include "absl/time/clock.h"
#include "service/answers/topology_messages.h"
#include "service/rpc/rpc_status.h"
#include "service/topology/topology_watch.h"

namespace slotplanner {
namespace {

constexpr char kMethodName[] = "WatchTopology";

}  // namespace

// The response for the snapshot that was asked for last. Watchers of one
// cluster ask for the same one at nearly the same time; those of several
// clusters rarely change at once. Copies of a ByteBuffer share its bytes.
class TopologyWatches::Messages {
 public:
  grpc::ByteBuffer Of(const std::shared_ptr<const ClusterSnapshot>& snapshot) {
    const std::lock_guard lock(mutex_);
    if (snapshot != snapshot_) {
      v1::WatchTopologyResponse response;
      FillTopology(*snapshot, *response.mutable_topology());
      bool own_buffer = false;
      bytes_.Clear();
      [[maybe_unused]] const grpc::Status status =
          grpc::SerializationTraits<v1::WatchTopologyResponse>::Serialize(
              response, &bytes_, &own_buffer);
      assert(status.ok());
      snapshot_ = snapshot;
    }
    return bytes_;
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<const ClusterSnapshot> snapshot_;  // Guarded by mutex_.
  grpc::ByteBuffer bytes_;                           // Guarded by mutex_.
};

// One call. It deletes itself when gRPC is done with it.
class TopologyWatches::Watch final
    : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
      private TopologyWatch {
 public:
  Watch(TopologyWatches* watches, grpc::CallbackServerContext* context)
      : watches_(watches), context_(context) {
    watches_->method_metrics_.CountStarted();
  }

  void Start(const grpc::ByteBuffer* request_bytes) {
    if (auto error = Begin(request_bytes)) {
      FinishWith(*error);
      return;
    }
    is_counted_ = true;
    cluster_->metrics.watchers().Increment();
    cluster_->store.Watch(this);
    // `EndCluster` may have looked before this was added.
    if (!watches_->gate_.Serves(*cluster_)) {
      EndWith(ToGrpcStatus(UnknownClusterError(cluster_->name)));
    }
  }

  // What it watches. Requires: it is among those that are counted.
  const ServedCluster* cluster() const { return cluster_.get(); }

  // Ends the call with `status`, after the write that is under way.
  void EndWith(const grpc::Status& status) {
    {
      const std::lock_guard lock(mutex_);
      if (status_.ok()) status_ = status;
    }
    End();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) EndWith({grpc::StatusCode::CANCELLED, "The caller has gone."});
    OnSent();
  }

  void OnCancel() override {
    // One that has not begun is finished already.
    if (is_counted_) {
      EndWith({grpc::StatusCode::CANCELLED, "The caller has gone."});
    }
  }

  void OnDone() override {
    watches_->gate_.CountEnded(*context_, begun_);
    if (is_counted_) {
      cluster_->store.Unwatch(this);
      cluster_->metrics.watchers().Decrement();
      watches_->Remove(this);
    }
    delete this;
  }

 private:
  // Why the call cannot begin; nothing when it has.
  std::optional<ApiError> Begin(const grpc::ByteBuffer* request_bytes) {
    // Gone when this returns: a watch lasts long, and the state would keep all
    // clusters that were there when it began.
    const CallAccess access = watches_->gate_.Admit(*context_, kMethodName);
    begun_ = access.begun;
    if (access.caller != nullptr) caller_ = access.caller->name;
    if (access.error) return access.error;
    v1::WatchTopologyRequest request;
    grpc::ByteBuffer bytes(*request_bytes);  // Parsing empties it.
    if (!grpc::SerializationTraits<v1::WatchTopologyRequest>::Deserialize(
             &bytes, &request)
             .ok()) {
      return MalformedRequestError(
          v1::WatchTopologyRequest::descriptor()->full_name());
    }
    ClusterOrError found =
        watches_->gate_.FindCluster(access, request.cluster());
    if (found.error) return found.error;
    cluster_ = found.cluster->shared_from_this();
    return watches_->Add(this, access.state->call_limits.max_watchers);
  }

  // Of TopologyWatch.
  void StartSend(std::shared_ptr<const ClusterSnapshot> snapshot) override {
    message_ = watches_->messages_->Of(snapshot);
    StartWrite(&message_);
  }

  void OnEnded() override {
    grpc::Status status;
    {
      const std::lock_guard lock(mutex_);
      status = status_;
    }
    FinishWith(status);
  }

  void FinishWith(const ApiError& error) {
    FinishWith(ToGrpcStatus(error, RequestIdOf(*context_)));
  }

  void FinishWith(const grpc::Status& status) {
    const absl::Duration duration = absl::Now() - start_;
    watches_->method_metrics_.CountHandled(status.error_code(), duration);
    if (CallLog* const log = watches_->gate_.call_log()) {
      LogCall(*log, kMethodName, caller_, *context_, status.error_code(),
              duration);
    }
    Finish(status);
  }

  TopologyWatches* const watches_;
  grpc::CallbackServerContext* const context_;
  const absl::Time start_ = absl::Now();
  std::string caller_;  // Empty: no callers are configured, or it is none.
  BegunCall begun_ = BegunCall::kNotCounted;
  bool is_counted_ = false;  // By the watches, and the cluster's metric.
  std::shared_ptr<ServedCluster> cluster_;
  grpc::ByteBuffer message_;  // Being written.
  std::mutex mutex_;
  grpc::Status status_;  // Why it ends; OK until then. Guarded by mutex_.
};

TopologyWatches::TopologyWatches(CallGate& gate, prometheus::Registry& metrics)
    : gate_(gate),
      method_metrics_(metrics, v1::TopologyService::service_full_name(),
                      kMethodName, MethodType::kServerStream),
      messages_(std::make_unique<Messages>()) {}

TopologyWatches::~TopologyWatches() { assert(watches_.empty()); }

grpc::ServerWriteReactor<grpc::ByteBuffer>* TopologyWatches::Start(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  auto* const watch = new Watch(this, context);
  watch->Start(request);
  return watch;
}

std::optional<ApiError> TopologyWatches::Add(Watch* watch, int max_watchers) {
  const std::lock_guard lock(mutex_);
  if (has_ended_) return StoppingError();
  if (watches_.size() >= static_cast<size_t>(max_watchers)) {
    return OverloadedError("watchers", max_watchers);
  }
  watches_.insert(watch);
  return std::nullopt;
}

void TopologyWatches::Remove(Watch* watch) {
  const std::lock_guard lock(mutex_);
  watches_.erase(watch);
}

void TopologyWatches::EndCluster(const ServedCluster& cluster) {
  const std::lock_guard lock(mutex_);  // As below.
  const grpc::Status status = ToGrpcStatus(UnknownClusterError(cluster.name));
  for (Watch* const watch : watches_) {
    if (watch->cluster() == &cluster) watch->EndWith(status);
  }
}

void TopologyWatches::EndAll() {
  // `Remove` waits for the lock, so that none of them is deleted meanwhile.
  const std::lock_guard lock(mutex_);
  has_ended_ = true;
  const grpc::Status status = ToGrpcStatus(StoppingError());
  for (Watch* const watch : watches_) watch->EndWith(status);
}

}  // namespace slotplanner
