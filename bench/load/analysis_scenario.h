// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "bench/load/lab.h"
#include "bench/load/results.h"

namespace slotplanner {

// What the keys of a stream are like; each is different from all others, and
// has 20 bytes.
enum class StreamedKeys {
  kWithoutTags,
  kWithSomeTags,  // 1,000 different hash tags.
  kWithOwnTags,   // A hash tag for each key: the most work for the sketch.
  kWithWeights,   // 1,000 hash tags, and weights beside the keys.
};

// How many keys a second of its processor time a server counts that come in by
// one AnalyzeKeys call, and how its memory grows over it, each time on a fresh
// server.
ScenarioResult RunAnalysisScenario(const Lab& lab, const std::string& name,
                                   StreamedKeys kind, int64_t key_count);

}  // namespace slotplanner
