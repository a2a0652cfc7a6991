// SPDX-License-Identifier: Apache-2.0
// From the plan ring to messages, and back.
#pragma once

#include <vector>

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "service/planning/batch_plan.h"
#include "service/planning/read_routing.h"

namespace slotplanner {

// Requires: a value that validation let pass.
ReadPreference FromMessage(v1::ReadPreference preference);
SplitPolicy FromMessage(v1::SplitPolicy policy);

void FillKeys(const std::vector<KeyLocation>& keys,
              google::protobuf::RepeatedPtrField<v1::KeyLocation>& messages);
void FillRemedies(const std::vector<Remedy>& remedies,
                  google::protobuf::RepeatedPtrField<v1::Remedy>& messages);
void FillRefusal(const Refusal& refusal, v1::Refusal& message);

}  // namespace slotplanner
