// SPDX-License-Identifier: Apache-2.0
#include "bench/load/processors_scenario.h"

#include <memory>
#include <vector>

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bench/load/load_loop.h"
#include "bench/load/server_process.h"

namespace slotplanner {
namespace {

constexpr int kConnections = 4;
constexpr int kInFlight = 16;

Figures Measure(const ServerProcess& server, Connections& connections,
                const PreparedCall& call, int64_t calls) {
  const absl::Duration server_cpu = server.CpuTime();
  const absl::Duration client_cpu = CpuTimeOf(getpid());
  const LoopResult result = RunClosedLoop(connections, call, kInFlight, calls);
  const absl::Duration server_time = server.CpuTime() - server_cpu;
  const absl::Duration client_time = CpuTimeOf(getpid()) - client_cpu;
  const auto count = static_cast<double>(calls);
  return {
      {"calls_per_second", count / absl::ToDoubleSeconds(result.elapsed)},
      {"server_cpu_us", absl::ToDoubleMicroseconds(server_time) / count},
      {"client_cpu_us", absl::ToDoubleMicroseconds(client_time) / count},
      {"server_processors", absl::FDivDuration(server_time, result.elapsed)},
      {"client_processors", absl::FDivDuration(client_time, result.elapsed)}};
}

}  // namespace

ScenarioResult RunProcessorsScenario(const Lab& lab, const std::string& name,
                                     const ApiCall& call) {
  struct Contender {
    std::string name;
    std::unique_ptr<ServerProcess> server;
    Connections connections;
    int64_t calls;
  };
  ScenarioResult result = {
      .name = name,
      .items = call.items,
      .request_bytes = static_cast<int64_t>(call.request.size())};
  const PreparedCall prepared = Prepare(call);
  std::vector<Contender> contenders;
  for (const ServerUnderTest& server : lab.options().servers) {
    for (const std::vector<int>& cpus : {std::vector<int>{0}, {0, 1}}) {
      auto process = lab.Start(server, cpus);
      result.reply_bytes = CheckCall(*process, call);
      Connections connections(process->addresses().front(), kConnections);
      constexpr int kWarmingCalls = 50;
      const LoopResult warm_up =
          RunClosedLoop(connections, prepared, kInFlight, kWarmingCalls);
      const auto calls = static_cast<int64_t>(absl::FDivDuration(
          lab.options().round, warm_up.elapsed / kWarmingCalls));
      contenders.push_back({absl::StrCat(server.name, " on ", cpus.size()),
                            std::move(process), std::move(connections),
                            std::max<int64_t>(calls, kWarmingCalls)});
      result.contenders.push_back(
          {.name = contenders.back().name, .is_reference = cpus.size() == 1});
    }
  }
  for (int round = 0; round < lab.options().rounds; ++round) {
    for (size_t i = 0; i < contenders.size(); ++i) {
      Contender& contender = contenders[i];
      result.contenders[i].rounds.push_back(Measure(
          *contender.server, contender.connections, prepared, contender.calls));
    }
  }
  return result;
}

}  // namespace slotplanner
