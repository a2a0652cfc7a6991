// SPDX-License-Identifier: Apache-2.0
// From the advice ring to messages.
#pragma once

#include <vector>

#include "slotplanner/v1/advisor_service.pb.h"

#include "service/advice/hash_tag_suggestions.h"

namespace slotplanner {

void FillSuggestions(
    const std::vector<HashTagSuggestion>& suggestions,
    google::protobuf::RepeatedPtrField<v1::HashTagSuggestion>& messages);

}  // namespace slotplanner
