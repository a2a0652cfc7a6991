// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/topology_watches.h"

#include <cassert>
#include <cstdint>
#include <optional>
#include <utility>

#include "slotplanner/v1/topology_service.grpc.pb.h"

#include "absl/time/clock.h"
#include "service/answers/topology_messages.h"
#include "service/rpc/rpc_status.h"
#include "service/topology/topology_watch.h"

namespace slotplanner {

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
  explicit Watch(TopologyWatches* watches) : watches_(watches) {
    watches_->method_metrics_.CountStarted();
  }

  void Start(const grpc::ByteBuffer* request_bytes) {
    v1::WatchTopologyRequest request;
    grpc::ByteBuffer bytes(*request_bytes);  // Parsing empties it.
    if (!grpc::SerializationTraits<v1::WatchTopologyRequest>::Deserialize(
             &bytes, &request)
             .ok()) {
      FinishWith(ToGrpcStatus(MalformedRequestError(
          v1::WatchTopologyRequest::descriptor()->full_name())));
      return;
    }
    const auto* cluster = watches_->clusters_.Find(request.cluster());
    if (cluster == nullptr) {
      FinishWith(ToGrpcStatus(UnknownClusterError(request.cluster())));
      return;
    }
    const grpc::Status status = watches_->Add(this);
    if (!status.ok()) {
      FinishWith(status);
      return;
    }
    is_counted_ = true;
    cluster_ = cluster;
    watches_->watch_metrics_.WatchersOf(*cluster_).Increment();
    cluster_->store->Watch(this);
  }

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
    EndWith({grpc::StatusCode::CANCELLED, "The caller has gone."});
  }

  void OnDone() override {
    if (is_counted_) {
      cluster_->store->Unwatch(this);
      watches_->watch_metrics_.WatchersOf(*cluster_).Decrement();
      watches_->Remove(this);
    }
    delete this;
  }

 private:
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

  void FinishWith(const grpc::Status& status) {
    watches_->method_metrics_.CountHandled(status.error_code(),
                                           absl::Now() - start_);
    Finish(status);
  }

  TopologyWatches* const watches_;
  const absl::Time start_ = absl::Now();
  bool is_counted_ = false;
  const ClusterRegistry::Entry* cluster_ = nullptr;
  grpc::ByteBuffer message_;  // Being written.
  std::mutex mutex_;
  grpc::Status status_;  // Why it ends; OK until then. Guarded by mutex_.
};

TopologyWatches::TopologyWatches(const ClusterRegistry& clusters,
                                 int max_watchers,
                                 prometheus::Registry& metrics)
    : clusters_(clusters),
      max_watchers_(static_cast<size_t>(max_watchers)),
      method_metrics_(metrics, v1::TopologyService::service_full_name(),
                      "WatchTopology", MethodType::kServerStream),
      watch_metrics_(metrics, clusters),
      messages_(std::make_unique<Messages>()) {}

TopologyWatches::~TopologyWatches() { assert(watches_.empty()); }

grpc::ServerWriteReactor<grpc::ByteBuffer>* TopologyWatches::Start(
    const grpc::ByteBuffer* request) {
  auto* const watch = new Watch(this);
  watch->Start(request);
  return watch;
}

grpc::Status TopologyWatches::Add(Watch* watch) {
  const std::lock_guard lock(mutex_);
  if (has_ended_) return ToGrpcStatus(StoppingError());
  if (watches_.size() >= max_watchers_) {
    return ToGrpcStatus(
        OverloadedError("watchers", static_cast<int64_t>(max_watchers_)));
  }
  watches_.insert(watch);
  return grpc::Status::OK;
}

void TopologyWatches::Remove(Watch* watch) {
  const std::lock_guard lock(mutex_);
  watches_.erase(watch);
}

void TopologyWatches::EndAll() {
  // `Remove` waits for the lock, so that none of them is deleted meanwhile.
  const std::lock_guard lock(mutex_);
  has_ended_ = true;
  const grpc::Status status = ToGrpcStatus(StoppingError());
  for (Watch* const watch : watches_) watch->EndWith(status);
}

}  // namespace slotplanner
