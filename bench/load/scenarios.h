// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/lab.h"
#include "bench/load/results.h"

namespace slotplanner {

// Something to measure.
struct Scenario {
  std::string name;  // Words and sizes, between slashes.
  std::function<ScenarioResult(const Lab& lab, const std::string& name)> run;
};

// All scenarios there are, in the order in which they run.
std::vector<Scenario> AllScenarios();

// Whether `pattern` names the scenario, or the start of its name up to a slash.
bool IsNamedBy(std::string_view name, std::string_view pattern);

}  // namespace slotplanner
