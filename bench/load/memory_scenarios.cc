// SPDX-License-Identifier: Apache-2.0
#include "bench/load/memory_scenarios.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "bench/load/load_loop.h"
#include "bench/load/server_process.h"

namespace slotplanner {
namespace {

constexpr double kMib = 1 << 20;

// How many calls make a server's first allocations.
constexpr int kWarmingCalls = 100;

// Makes calls of one kind, so many of which are in flight.
void MakeCalls(Connections& connections, const PreparedCall& call,
               int in_flight, int calls) {
  RunClosedLoop(connections, call, in_flight, calls);
}

// A server to be measured, and what it is asked.
struct Contender {
  std::string name;
  bool is_floor;
  std::function<std::unique_ptr<ServerProcess>()> start;
  PreparedCall small_call;
  PreparedCall call;
};

std::vector<Contender> ContendersOf(const Lab& lab, const ApiCall& call) {
  const ApiCall small_call = KeyslotCall();
  std::vector<Contender> contenders;
  for (const FloorVariant& floor : lab.options().floors) {
    contenders.push_back({floor.name, true,
                          [&lab, &floor] { return lab.StartFloor(floor, {0}); },
                          PrepareFloor(small_call.request, 0),
                          PrepareFloor(call.request, 0)});
  }
  for (const ServerUnderTest& server : lab.options().servers) {
    contenders.push_back({server.name, false,
                          [&lab, &server] { return lab.Start(server); },
                          Prepare(small_call), Prepare(call)});
  }
  return contenders;
}

// Runs `measure` on a fresh server of every contender in every round.
template <typename MeasureFunction>
ScenarioResult RunRounds(const Lab& lab, const std::string& name,
                         const ApiCall& call, MeasureFunction&& measure) {
  ScenarioResult result = {
      .name = name,
      .items = call.items,
      .request_bytes = static_cast<int64_t>(call.request.size())};
  const std::vector<Contender> contenders = ContendersOf(lab, call);
  for (const Contender& contender : contenders) {
    result.contenders.push_back(
        {.name = contender.name, .is_reference = contender.is_floor});
  }
  for (int round = 0; round < lab.options().rounds; ++round) {
    for (size_t i = 0; i < contenders.size(); ++i) {
      const std::unique_ptr<ServerProcess> server = contenders[i].start();
      result.contenders[i].rounds.push_back(measure(contenders[i], *server));
    }
  }
  return result;
}

}  // namespace

ScenarioResult RunPeakMemoryScenario(const Lab& lab, const std::string& name,
                                     const ApiCall& call) {
  CheckCall(*lab.Start(lab.options().servers.front()), call);
  const auto message = static_cast<double>(call.request.size());
  return RunRounds(
      lab, name, call,
      [&](const Contender& contender, const ServerProcess& server) -> Figures {
        Connections connections(server.addresses().front(), 1);
        MakeCalls(connections, contender.small_call, 1, kWarmingCalls);
        const auto before = static_cast<double>(server.ResidentBytes());
        MakeCalls(connections, contender.call, 1, 1);
        const double peak =
            static_cast<double>(server.PeakResidentBytes()) - before;
        const double left =
            static_cast<double>(server.ResidentBytes()) - before;
        return {{"peak_mib", peak / kMib},
                {"left_mib", left / kMib},
                {"peak/message", peak / message},
                {"beyond/message", peak / message - 1}};
      });
}

ScenarioResult RunIdleConnectionsScenario(const Lab& lab,
                                          const std::string& name,
                                          int connections) {
  return RunRounds(
      lab, name, KeyslotCall(),
      [&](const Contender& contender, const ServerProcess& server) -> Figures {
        Connections first(server.addresses().front(), 1);
        MakeCalls(first, contender.call, 1, kWarmingCalls);
        const auto before = static_cast<double>(server.ResidentBytes());
        Connections idle(server.addresses().front(), connections);
        MakeCalls(idle, contender.call, 1, connections);
        const auto after = static_cast<double>(server.ResidentBytes());
        return {{"kib_per_connection", (after - before) / 1024 / connections}};
      });
}

}  // namespace slotplanner
