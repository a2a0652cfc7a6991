// SPDX-License-Identifier: Apache-2.0
// Calls over loopback against an empty call of the same server: Keyslot, a plan
// of MGET with 1,000 random keys, and a plan of 1,000 GETs. Each runs in turns
// with the empty call within one process, because the machine's speed drifts:
// the ratio of the times is the figure, and the CPU time, in which client and
// server are together.
//
// usage: calls [ROUNDS [CALLS_PER_ROUND]]
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <sys/resource.h>

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

// What one call costs on average.
struct Cost {
  double wall_us;
  double cpu_us;  // Of this process: client and server.
};

double CpuMicroseconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto us = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

// Makes `calls` calls of which `in_flight` run at a time.
Cost MeasureCalls(const Caller& call, int calls, int in_flight) {
  std::mutex mutex;
  std::condition_variable all_done;
  std::atomic<int> to_start = calls - in_flight;
  int left = calls;
  std::function<void()> done = [&] {
    if (to_start.fetch_sub(1) > 0) call(done);
    const std::lock_guard lock(mutex);
    if (--left == 0) all_done.notify_one();
  };
  const double cpu = CpuMicroseconds();
  const absl::Time start = absl::Now();
  for (int i = 0; i < in_flight; ++i) call(done);
  std::unique_lock lock(mutex);
  all_done.wait(lock, [&] { return left == 0; });
  return {absl::ToDoubleMicroseconds(absl::Now() - start) / calls,
          (CpuMicroseconds() - cpu) / calls};
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
  const auto planner = MakeSlotPlannerService(
      clusters, {.max_topology_age = absl::InfiniteDuration()}, metrics);
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

  struct EmptyCall {
    grpc::ClientContext context;
    v1::GetTopologyRequest request;
    v1::GetTopologyResponse response;
  };
  struct KeyslotCall {
    grpc::ClientContext context;
    v1::KeyslotRequest request;
    v1::KeyslotResponse response;
  };
  struct PlanCall {
    grpc::ClientContext context;
    v1::PlanBatchResponse response;
  };
  const Caller empty_call = [&](std::function<void()> done) {
    auto* call = new EmptyCall;
    empty_stub->async()->GetTopology(&call->context, &call->request,
                                     &call->response,
                                     [call, done](const grpc::Status& status) {
                                       if (!status.ok()) std::abort();
                                       delete call;
                                       done();
                                     });
  };
  const Caller keyslot_call = [&](std::function<void()> done) {
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
  const auto plan_call = [&](const v1::PlanBatchRequest& request) -> Caller {
    return [&](std::function<void()> done) {
      auto* call = new PlanCall;
      planner_stub->async()->PlanBatch(
          &call->context, &request, &call->response,
          [call, done](const grpc::Status& status) {
            if (!status.ok()) std::abort();
            delete call;
            done();
          });
    };
  };
  std::mt19937_64 random(1);
  v1::PlanBatchRequest mget, gets;
  mget.add_commands()->add_args("MGET");
  for (int i = 0; i < 1000; ++i) {
    const std::string key = absl::StrCat("user:", random());
    mget.mutable_commands(0)->add_args(key);
    v1::Command& get = *gets.add_commands();
    get.add_args("GET");
    get.add_args(key);
  }

  struct Row {
    const char* name;
    Caller call;
    int in_flight;
    int calls;
  };
  const std::vector<Row> rows = {
      {"Keyslot", keyslot_call, 1, calls},
      {"Keyslot", keyslot_call, 64, calls},
      {"PlanBatch MGET of 1000", plan_call(mget), 1, calls / 50},
      {"PlanBatch 1000 GETs", plan_call(gets), 1, calls / 50},
  };
  std::printf("%-24s %9s %12s %12s %12s %12s %8s\n", "call", "in flight",
              "empty us", "us", "empty CPU us", "CPU us", "ratio");
  for (const Row& row : rows) {
    std::vector<double> empty_us, us, empty_cpu_us, cpu_us, ratios;
    for (int round = -1; round < rounds; ++round) {
      const Cost floor = MeasureCalls(empty_call, row.calls, row.in_flight);
      const Cost ours = MeasureCalls(row.call, row.calls, row.in_flight);
      if (round < 0) continue;  // Warms up.
      empty_us.push_back(floor.wall_us);
      us.push_back(ours.wall_us);
      empty_cpu_us.push_back(floor.cpu_us);
      cpu_us.push_back(ours.cpu_us);
      ratios.push_back(ours.wall_us / floor.wall_us);
    }
    std::printf("%-24s %9d %12.1f %12.1f %12.1f %12.1f %8.3f\n", row.name,
                row.in_flight, Median(empty_us), Median(us),
                Median(empty_cpu_us), Median(cpu_us), Median(ratios));
  }
  server->Shutdown();
  return 0;
}

}  // namespace
}  // namespace slotplanner

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 15;
  const int calls = argc > 2 ? std::atoi(argv[2]) : 5000;
  if (rounds < 1 || calls < 100) {
    std::fprintf(stderr, "usage: calls [ROUNDS [CALLS_PER_ROUND]]\n");
    return 2;
  }
  return slotplanner::Run(rounds, calls);
}
