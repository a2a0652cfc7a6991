// SPDX-License-Identifier: Apache-2.0
#include "bench/load/scenarios.h"

#include <functional>

#include "absl/strings/str_cat.h"
#include "bench/load/analysis_scenario.h"
#include "bench/load/load_scenario.h"
#include "bench/load/memory_scenarios.h"
#include "bench/load/processors_scenario.h"
#include "bench/load/requests.h"

namespace slotplanner {
namespace {

// A call is made when its scenario runs: the large ones take their time.
using MakeCall = std::function<ApiCall()>;

Scenario Load(const std::string& name, const MakeCall& make,
              const LoadShape& shape = {}) {
  return {name, [make, shape](const Lab& lab, const std::string& scenario) {
            return RunLoadScenario(lab, scenario, make(), shape);
          }};
}

// Calls enough in flight that the server never waits for one. Waking up from
// idle costs tens of microseconds, of the floor as of the real server: with it,
// a ratio of small calls looks better than it is.
LoadShape BusyFor(int items) { return {.in_flight = items > 10'000 ? 2 : 8}; }

// As many calls a second to the floor as to the real server. A busy floor takes
// several times as many, and the more calls one wake-up finds, the less each of
// them costs: there a ratio looks worse than what a service pays for its
// traffic.
constexpr LoadShape kSameRate = {.open_loop_share = 0.5};

Scenario PeakMemory(const std::string& name, const MakeCall& make) {
  return {name, [make](const Lab& lab, const std::string& scenario) {
            return RunPeakMemoryScenario(lab, scenario, make());
          }};
}

Scenario IdleConnections(int connections) {
  return {absl::StrCat("idle_connections/", connections),
          [connections](const Lab& lab, const std::string& scenario) {
            return RunIdleConnectionsScenario(lab, scenario, connections);
          }};
}

Scenario Processors(const std::string& name, const MakeCall& make) {
  return {name, [make](const Lab& lab, const std::string& scenario) {
            return RunProcessorsScenario(lab, scenario, make());
          }};
}

Scenario Analysis(const std::string& keys, StreamedKeys kind, int64_t count) {
  return {absl::StrCat("analyze_keys_", keys, "/", count),
          [kind, count](const Lab& lab, const std::string& scenario) {
            return RunAnalysisScenario(lab, scenario, kind, count);
          }};
}

}  // namespace

std::vector<Scenario> AllScenarios() {
  constexpr FloorCalls kEmpty = FloorCalls::kEmpty;
  const auto by_slot = [](int keys) -> MakeCall {
    return [keys] { return GroupKeysCall(v1::GROUPING_SLOT, keys); };
  };
  const auto by_node = [](int keys) -> MakeCall {
    return [keys] { return GroupKeysCall(v1::GROUPING_NODE, keys); };
  };
  const auto mget = [](int keys) -> MakeCall {
    return [keys] { return PlanMgetCall(keys); };
  };
  const auto gets = [](int commands, int key_bytes) -> MakeCall {
    return [=] { return PlanGetsCall(commands, key_bytes); };
  };

  std::vector<Scenario> scenarios = {
      Load("keyslot/in_flight_1", KeyslotCall, {.floor_calls = kEmpty}),
      Load("keyslot/in_flight_64", KeyslotCall,
           {.floor_calls = kEmpty, .in_flight = 64}),
      Load("keyslot/connections_8", KeyslotCall,
           {.floor_calls = kEmpty, .connections = 8, .in_flight = 64}),
      Load("keyslot/unix", KeyslotCall,
           {.floor_calls = kEmpty, .over_unix_socket = true}),
      Load("keyslot/open_loop", KeyslotCall,
           {.floor_calls = kEmpty, .connections = 8, .open_loop_share = 0.5})};
  for (const int keys : {1, 100, 1'000, 10'000, 100'000, 1'000'000}) {
    scenarios.push_back(Load(absl::StrCat("group_keys_by_node/", keys),
                             by_node(keys), BusyFor(keys)));
    scenarios.push_back(Load(absl::StrCat("group_keys_by_slot/", keys),
                             by_slot(keys), BusyFor(keys)));
  }
  for (const Scenario& scenario : std::vector<Scenario>{
           Load("group_keys_unix/10000", by_node(10'000),
                {.in_flight = 8, .over_unix_socket = true}),
           Load("plan_mget/1000", mget(1'000), BusyFor(1'000)),
           Load("plan_mget/100000", mget(100'000), BusyFor(100'000)),
           Load("plan_gets/1000", gets(1'000, 20), BusyFor(1'000)),
           Load("plan_gets/100000", gets(100'000, 20), BusyFor(100'000)),
           Load("plan_gets_of_100_bytes/1000", gets(1'000, 100),
                BusyFor(1'000)),
           Load("same_rate/group_keys_by_node", by_node(10'000), kSameRate),
           Load("same_rate/group_keys_by_slot", by_slot(10'000), kSameRate),
           Load("same_rate/plan_mget", mget(1'000), kSameRate),
           Load("same_rate/plan_gets_of_100_bytes", gets(1'000, 100),
                kSameRate),
           Processors("processors/plan_gets", gets(1'000, 20)),
           Processors("processors/plan_mget_of_one_slot",
                      [] { return PlanMgetOfOneSlotCall(10'000); }),
           PeakMemory("peak_memory/group_keys_by_node", by_node(1'000'000)),
           PeakMemory("peak_memory/group_keys_by_slot", by_slot(1'000'000)),
           PeakMemory("peak_memory/plan_mget", mget(1'000'000)),
           PeakMemory("peak_memory/plan_gets", gets(100'000, 20)),
           IdleConnections(1'000), IdleConnections(10'000)}) {
    scenarios.push_back(scenario);
  }
  for (const int64_t keys : {100'000, 10'000'000}) {
    scenarios.push_back(
        Analysis("without_tags", StreamedKeys::kWithoutTags, keys));
    scenarios.push_back(
        Analysis("with_some_tags", StreamedKeys::kWithSomeTags, keys));
    scenarios.push_back(
        Analysis("with_own_tags", StreamedKeys::kWithOwnTags, keys));
    scenarios.push_back(
        Analysis("with_weights", StreamedKeys::kWithWeights, keys));
  }
  return scenarios;
}

bool IsNamedBy(std::string_view name, std::string_view pattern) {
  return name.starts_with(pattern) &&
         (name.size() == pattern.size() || name[pattern.size()] == '/');
}

}  // namespace slotplanner
