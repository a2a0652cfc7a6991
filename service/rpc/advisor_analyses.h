// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "service/rpc/analysis_call.h"
#include "service/rpc/call_gate.h"

namespace slotplanner {

// What a call of AdvisorService.AnalyzeKeys counts into. `gate` outlives it.
std::unique_ptr<Analysis> MakeKeyAnalysis(CallGate& gate);

// The same of AnalyzeWorkload. It plans on the topology that is the newest when
// the first message comes.
std::unique_ptr<Analysis> MakeWorkloadAnalysis(CallGate& gate);

}  // namespace slotplanner
