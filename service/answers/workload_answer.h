// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "slotplanner/v1/advisor_service.pb.h"

#include "service/advice/workload_counts.h"
#include "service/answers/key_analysis_answer.h"

namespace slotplanner {

// Fills the response of an analysis with all that `counts` has counted. `basis`
// has the topologies that the commands were planned on. `settings` say how long
// lists are, and whether there are bytes of keys in the response: without
// `show_keys` there is none. Requires: settings that validation let pass, and a
// current topology. O(size of the counts), and `SuggestHashTags` for the keys
// of each use in the answer: 64 keys of 16 bytes in 7 segments take 0.14 ms.
void FillWorkloadAnalysis(const WorkloadCounts& counts,
                          const KeyAnalysisBasis& basis,
                          const v1::AnalysisSettings& settings,
                          v1::AnalyzeWorkloadResponse& response);

}  // namespace slotplanner
