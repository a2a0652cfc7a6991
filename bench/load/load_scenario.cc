// SPDX-License-Identifier: Apache-2.0
#include "bench/load/load_scenario.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bench/load/load_loop.h"
#include "bench/load/server_process.h"

namespace slotplanner {
namespace {

constexpr int kCapacityInFlight = 64;

// A server, what it is asked, and through which connections.
struct Contender {
  std::string name;
  bool is_floor;
  const ServerProcess* server;
  PreparedCall call;
  Connections connections;
  // How long a call takes, from the latest loop.
  absl::Duration per_call = absl::Milliseconds(1);
};

// How many calls fill `time`, from what the last ones took.
int64_t CallsIn(absl::Duration time, const Contender& contender) {
  return std::clamp<int64_t>(
      static_cast<int64_t>(absl::FDivDuration(time, contender.per_call)), 3,
      1'000'000);
}

LoopResult RunClosed(Contender& contender, int in_flight, absl::Duration time) {
  const LoopResult result = RunClosedLoop(contender.connections, contender.call,
                                          in_flight, CallsIn(time, contender));
  contender.per_call =
      result.elapsed / static_cast<double>(result.latency.count());
  return result;
}

// Runs `loop`, which calls `contender`, and measures both sides.
template <typename Loop>
Figures Measure(const Contender& contender, Loop&& loop) {
  const absl::Duration server_cpu = contender.server->CpuTime();
  const absl::Duration client_cpu = CpuTimeOf(getpid());
  const LoopResult result = loop();
  const auto calls = static_cast<double>(result.latency.count());
  const auto microseconds = [](int64_t nanoseconds) {
    return static_cast<double>(nanoseconds) / 1e3;
  };
  const auto per_call = [&](absl::Duration time) {
    return absl::ToDoubleMicroseconds(time) / calls;
  };
  return {{"calls_per_second", calls / absl::ToDoubleSeconds(result.elapsed)},
          {"server_cpu_us", per_call(contender.server->CpuTime() - server_cpu)},
          {"client_cpu_us", per_call(CpuTimeOf(getpid()) - client_cpu)},
          {"p50_us", microseconds(result.latency.Percentile(50))},
          {"p99_us", microseconds(result.latency.Percentile(99))},
          {"p99.9_us", microseconds(result.latency.Percentile(99.9))},
          {"rss_mib",
           static_cast<double>(contender.server->ResidentBytes()) / (1 << 20)}};
}

}  // namespace

ScenarioResult RunLoadScenario(const Lab& lab, const std::string& name,
                               const ApiCall& call, const LoadShape& shape) {
  std::vector<std::unique_ptr<ServerProcess>> processes;
  std::vector<Contender> contenders;
  const auto add = [&](const std::string& contender, bool is_floor,
                       const PreparedCall& prepared) {
    const ServerProcess& server = *processes.back();
    const std::string& address = server.addresses()[shape.over_unix_socket];
    contenders.push_back({contender, is_floor, &server, prepared,
                          Connections(address, shape.connections)});
  };

  int reply_bytes = 0;
  std::vector<Contender> floors;
  for (const ServerUnderTest& server : lab.options().servers) {
    processes.push_back(lab.Start(server));
    reply_bytes = CheckCall(*processes.back(), call);
    add(server.name, false, Prepare(call));
  }
  for (const FloorVariant& floor : lab.options().floors) {
    processes.push_back(lab.StartFloor(floor, {0, reply_bytes}));
    if (shape.floor_calls == FloorCalls::kEmpty) {
      add(absl::StrCat(floor.name, " empty"), true, PrepareFloor("", 0));
      continue;
    }
    add(absl::StrCat(floor.name, " request"), true,
        PrepareFloor(call.request, 0));
    add(absl::StrCat(floor.name, " request+reply"), true,
        PrepareFloor(call.request, reply_bytes));
  }
  std::stable_partition(contenders.begin(), contenders.end(),
                        [](const Contender& c) { return c.is_floor; });

  // Warms up, and finds out how many calls make a round.
  const bool is_open = shape.open_loop_share > 0;
  const int in_flight = is_open ? kCapacityInFlight : shape.in_flight;
  absl::Duration slowest = absl::ZeroDuration();
  for (Contender& contender : contenders) {
    for (int i = 0; i < 3; ++i) {
      RunClosed(contender, in_flight, lab.options().round / 4);
    }
    slowest = std::max(slowest, contender.per_call);
  }
  const double rate = shape.open_loop_share / absl::ToDoubleSeconds(slowest);

  ScenarioResult result = {
      .name = name,
      .items = call.items,
      .request_bytes = static_cast<int64_t>(call.request.size()),
      .reply_bytes = reply_bytes};
  for (const Contender& contender : contenders) {
    result.contenders.push_back(
        {.name = contender.name, .is_reference = contender.is_floor});
  }
  for (int round = 0; round < lab.options().rounds; ++round) {
    for (size_t i = 0; i < contenders.size(); ++i) {
      Contender& contender = contenders[i];
      result.contenders[i].rounds.push_back(Measure(contender, [&] {
        if (!is_open)
          return RunClosed(contender, in_flight, lab.options().round);
        return RunOpenLoop(
            contender.connections, contender.call, rate,
            static_cast<int64_t>(rate *
                                 absl::ToDoubleSeconds(lab.options().round)));
      }));
    }
  }
  return result;
}

}  // namespace slotplanner
