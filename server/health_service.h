// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>

#include <grpcpp/grpcpp.h>

#include "grpc/health/v1/health.grpc.pb.h"

namespace slotplanner {

// Whether a call to the health service may be answered: OK, or the status that
// the call ends with. Thread-safe.
using HealthGate =
    std::function<grpc::Status(const grpc::CallbackServerContext&)>;

// Tells callers by grpc.health.v1.Health which names serve. The protocol is
// that of gRPC's doc/health-checking.md: Check answers once, NOT_FOUND for a
// name that is not known; Watch sends the status now and whenever it changes,
// SERVICE_UNKNOWN while the name is not known. A watcher that reads slowly gets
// the newest status next, and none that it has just been sent. Thread-safe.
//
// A change costs a look at every watcher.
class HealthService final : public grpc::health::v1::Health::CallbackService {
 public:
  // The empty name, which stands for the whole process, serves from the start.
  // `max_watchers`: Watch calls at one time; one more is refused with
  // OVERLOADED. `gate` is asked first in each call; an empty one lets all pass.
  HealthService(int max_watchers, HealthGate gate);
  // Requires: all calls have ended.
  ~HealthService() override;

  // Makes the name known, or changes what is told of it.
  void SetServing(const std::string& name, bool is_serving);

  // The name is not known any more. No effect on one that is not.
  void Remove(const std::string& name);

  // What is told of the name; nothing when it is not known.
  std::optional<bool> IsServing(const std::string& name) const;

  // No name serves from here on, for good: neither those known now nor those
  // that `SetServing` adds. Watchers hear of it and watch on.
  void StopServing();

  // Ends all Watch calls with STOPPING, and each new one at once from now on;
  // else they would hold up the server's shutdown.
  void EndWatches();

  grpc::ServerUnaryReactor* Check(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request,
      grpc::health::v1::HealthCheckResponse* response) override;
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

 private:
  using Status = grpc::health::v1::HealthCheckResponse::ServingStatus;

  class Watcher;

  // The status that a call must end with at once; OK when there is none.
  grpc::Status Admit(const grpc::CallbackServerContext& context,
                     const grpc::health::v1::HealthCheckRequest& request) const;

  // Runs `change` under the lock; then, without it, has gRPC begin what follows
  // from that for one watcher, or for all of them.
  template <typename Change>
  void ChangeOne(Watcher* watcher, Change change);
  template <typename Change>
  void ChangeAll(Change change);

  // Requires: mutex_ is held.
  Status StatusOf(const std::string& name) const;

  const size_t max_watchers_;
  const HealthGate gate_;
  mutable std::mutex mutex_;
  // By name. Guarded by mutex_, as all below.
  std::map<std::string, bool> is_serving_;
  bool has_stopped_serving_ = false;
  bool has_ended_watches_ = false;
  std::unordered_set<Watcher*> watchers_;
};

}  // namespace slotplanner
