// SPDX-License-Identifier: Apache-2.0
// What watchers of one topology cost: the server's memory for each, and the
// time until all have heard of a change. The callers are a process of their
// own, so that the memory is the server's alone; both share the machine.
//
//   build/release/bin/watchers [WATCHERS [CHANGES]]
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <prometheus/registry.h>
#include <sys/wait.h>
#include <unistd.h>

#include "slotplanner/v1/topology_service.grpc.pb.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/rpc/services.h"

namespace slotplanner {
namespace {

constexpr int kWatchersPerChannel = 100;

// Counts what arrives; the last of a round tells the other process.
class Rounds {
 public:
  Rounds(int watchers, int pipe) : watchers_(watchers), pipe_(pipe) {}

  void CountArrival() {
    if (++arrivals_ % watchers_ != 0) return;
    const char byte = 0;
    if (write(pipe_, &byte, 1) != 1) std::abort();
  }

 private:
  const int watchers_;
  const int pipe_;
  std::atomic<int> arrivals_ = 0;
};

// One watcher; lives until the process ends.
class Watcher : public grpc::ClientReadReactor<v1::WatchTopologyResponse> {
 public:
  Watcher(v1::TopologyService::Stub& stub, Rounds& rounds) : rounds_(rounds) {
    stub.async()->WatchTopology(&context_, &request_, this);
    StartRead(&response_);
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    rounds_.CountArrival();
    StartRead(&response_);
  }

 private:
  Rounds& rounds_;
  grpc::ClientContext context_;
  v1::WatchTopologyRequest request_;
  v1::WatchTopologyResponse response_;
};

// The process of the callers, until it is killed.
[[noreturn]] void RunWatchers(int watchers, int port_pipe, int round_pipe) {
  int port = 0;
  if (read(port_pipe, &port, sizeof(port)) != sizeof(port)) std::abort();
  Rounds rounds(watchers, round_pipe);
  std::vector<std::unique_ptr<v1::TopologyService::Stub>> stubs;
  std::vector<std::unique_ptr<Watcher>> all;
  for (int i = 0; i < watchers; ++i) {
    if (i % kWatchersPerChannel == 0) {
      grpc::ChannelArguments arguments;
      arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      stubs.push_back(v1::TopologyService::NewStub(grpc::CreateCustomChannel(
          absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials(),
          arguments)));
    }
    all.push_back(std::make_unique<Watcher>(*stubs.back(), rounds));
  }
  pause();
  std::abort();
}

// The resident memory of this process, in KiB.
int64_t ResidentKib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::atoll(line.c_str() + 6);
  }
  return 0;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int Run(int watchers, int changes) {
  int port_pipe[2];
  int round_pipe[2];
  if (pipe(port_pipe) != 0 || pipe(round_pipe) != 0) return 1;
  // Before gRPC has any thread.
  const pid_t callers = fork();
  if (callers == 0) RunWatchers(watchers, port_pipe[0], round_pipe[1]);

  prometheus::Registry metrics;
  const auto cluster = std::make_shared<ServedCluster>("default", metrics);
  TopologyStore& store = cluster->store;
  const auto publish = [&store](int shard_count) {
    store.Publish(std::make_shared<const ClusterSnapshot>(
        ClusterSnapshot{.topology = std::make_shared<const ClusterTopology>(
                            MakeEvenTopology(shard_count)),
                        .catalog = CommandCatalog::Redis70(),
                        .confirm_time = absl::Now()}));
  };
  const CurrentServingState state(
      {.call_limits = {.max_watchers = watchers}, .clusters = {cluster}});
  CallGate gate(&state, /*worker_threads=*/1, /*log=*/nullptr, metrics);
  TopologyWatches watches(gate, metrics);
  const auto service = MakeTopologyService(gate, watches, metrics);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(service.get());
  const auto server = builder.BuildAndStart();
  const auto wait_for_round = [&] {
    char byte;
    return read(round_pipe[0], &byte, 1) == 1;
  };

  publish(100);
  const int64_t before = ResidentKib();
  if (write(port_pipe[1], &port, sizeof(port)) != sizeof(port)) return 1;
  if (!wait_for_round()) return 1;
  const int64_t after = ResidentKib();

  std::vector<double> published;
  std::vector<double> heard;
  for (int i = 0; i < changes; ++i) {
    const absl::Time begin = absl::Now();
    publish(i % 2 == 0 ? 101 : 100);
    published.push_back(absl::ToDoubleMilliseconds(absl::Now() - begin));
    if (!wait_for_round()) return 1;
    heard.push_back(absl::ToDoubleMilliseconds(absl::Now() - begin));
  }
  std::printf(
      "%d watchers of 100 shards, medians of %d changes\n"
      "  memory of the server for each watcher  %8.1f KiB\n"
      "  and after the changes                  %8.1f KiB\n"
      "  until Publish returns                  %8.1f ms\n"
      "  until all watchers have heard          %8.1f ms\n",
      watchers, changes, static_cast<double>(after - before) / watchers,
      static_cast<double>(ResidentKib() - before) / watchers, Median(published),
      Median(heard));
  kill(callers, SIGKILL);
  waitpid(callers, nullptr, 0);
  watches.EndAll();
  server->Shutdown();
  server->Wait();
  return 0;
}

}  // namespace
}  // namespace slotplanner

int main(int argc, char** argv) {
  const int watchers = argc > 1 ? std::atoi(argv[1]) : 10'000;
  const int changes = argc > 2 ? std::atoi(argv[2]) : 20;
  if (watchers < 1 || changes < 1) {
    std::fputs("usage: watchers [WATCHERS [CHANGES]]\n", stderr);
    return 2;
  }
  return slotplanner::Run(watchers, changes);
}
