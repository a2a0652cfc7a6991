// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "slotplanner/v1/advisor_service.pb.h"

#include "service/advice/key_counts.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

// What the places of keys are looked up in.
struct KeyAnalysisBasis {
  // Null without a topology: then there are no shards in the answer.
  const ClusterSnapshot* current = nullptr;
  // By `AnalysisSettings.what_if`; null without it.
  const ClusterTopology* what_if = nullptr;
};

// Fills the whole of the response. Without `settings.show_keys` it holds no
// byte of a key. Requires: `settings` are valid.
void FillKeyAnalysis(const KeyCounts& counts, const KeyAnalysisBasis& basis,
                     const v1::AnalysisSettings& settings,
                     v1::AnalyzeKeysResponse& response);

}  // namespace slotplanner
