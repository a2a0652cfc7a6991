// SPDX-License-Identifier: Apache-2.0
// Keyslot over loopback against an empty call of the same server. The two run
// in turns within one process, because the machine's speed drifts: the ratio is
// the figure, not the times.
//
// usage: keyslot_call [ROUNDS [CALLS_PER_ROUND]]
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "slotplanner/v1/slot_planner_service.grpc.pb.h"
#include "slotplanner/v1/topology_service.grpc.pb.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/rpc/services.h"

namespace slotplanner {
namespace {

// The floor: a call that does nothing.
class EmptyService final
    : public v1::TopologyService::WithRawCallbackMethod_GetTopology<
          v1::TopologyService::Service> {
 public:
  grpc::ServerUnaryReactor* GetTopology(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* /*request*/,
                                        grpc::ByteBuffer* response) override {
    grpc::Slice nothing;
    *response = grpc::ByteBuffer(&nothing, 1);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

// Starts one call and says when it is done.
using Caller = std::function<void(std::function<void()> done)>;

// Time of `calls` calls of which `in_flight` run at a time.
absl::Duration TimeCalls(const Caller& call, int calls, int in_flight) {
  std::mutex mutex;
  std::condition_variable all_done;
  std::atomic<int> to_start = calls - in_flight;
  int left = calls;
  std::function<void()> done = [&] {
    if (to_start.fetch_sub(1) > 0) call(done);
    const std::lock_guard lock(mutex);
    if (--left == 0) all_done.notify_one();
  };
  const absl::Time start = absl::Now();
  for (int i = 0; i < in_flight; ++i) call(done);
  std::unique_lock lock(mutex);
  all_done.wait(lock, [&] { return left == 0; });
  return absl::Now() - start;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int Run(int rounds, int calls) {
  ClusterRegistry clusters({"default"});
  clusters.Find("")->store->Publish(std::make_shared<const ClusterSnapshot>(
      ClusterSnapshot{.topology = std::make_shared<const ClusterTopology>(
                          MakeEvenTopology(3)),
                      .catalog = CommandCatalog::Redis70(),
                      .confirm_time = absl::Now()}));
  prometheus::Registry metrics;
  const auto planner = MakeSlotPlannerService(clusters, {}, metrics);
  EmptyService empty;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(planner.get());
  builder.RegisterService(&empty);
  const auto server = builder.BuildAndStart();
  const auto channel = grpc::CreateChannel(absl::StrCat("127.0.0.1:", port),
                                           grpc::InsecureChannelCredentials());
  const auto planner_stub = v1::SlotPlannerService::NewStub(channel);
  const auto empty_stub = v1::TopologyService::NewStub(channel);

  struct KeyslotCall {
    grpc::ClientContext context;
    v1::KeyslotRequest request;
    v1::KeyslotResponse response;
  };
  struct EmptyCall {
    grpc::ClientContext context;
    v1::GetTopologyRequest request;
    v1::GetTopologyResponse response;
  };
  const Caller keyslot = [&](std::function<void()> done) {
    auto* call = new KeyslotCall;
    call->request.set_key("user:{12345678}:cart");
    planner_stub->async()->Keyslot(&call->context, &call->request,
                                   &call->response,
                                   [call, done](const grpc::Status& status) {
                                     if (!status.ok()) std::abort();
                                     delete call;
                                     done();
                                   });
  };
  const Caller nothing = [&](std::function<void()> done) {
    auto* call = new EmptyCall;
    empty_stub->async()->GetTopology(&call->context, &call->request,
                                     &call->response,
                                     [call, done](const grpc::Status& status) {
                                       if (!status.ok()) std::abort();
                                       delete call;
                                       done();
                                     });
  };

  std::printf("%9s %14s %14s %8s\n", "in flight", "empty us/call",
              "Keyslot us/call", "ratio");
  for (const int in_flight : {1, 64}) {
    std::vector<double> empty_us, keyslot_us, ratios;
    for (int round = -1; round < rounds; ++round) {
      const double floor =
          absl::ToDoubleMicroseconds(TimeCalls(nothing, calls, in_flight)) /
          calls;
      const double ours =
          absl::ToDoubleMicroseconds(TimeCalls(keyslot, calls, in_flight)) /
          calls;
      if (round < 0) continue;  // Warms up.
      empty_us.push_back(floor);
      keyslot_us.push_back(ours);
      ratios.push_back(ours / floor);
    }
    std::printf("%9d %14.1f %14.1f %8.3f\n", in_flight, Median(empty_us),
                Median(keyslot_us), Median(ratios));
  }
  server->Shutdown();
  return 0;
}

}  // namespace
}  // namespace slotplanner

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 15;
  const int calls = argc > 2 ? std::atoi(argv[2]) : 5000;
  if (rounds < 1 || calls < 64) {
    std::fprintf(stderr, "usage: keyslot_call [ROUNDS [CALLS_PER_ROUND]]\n");
    return 2;
  }
  return slotplanner::Run(rounds, calls);
}
