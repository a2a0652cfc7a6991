// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/planning/command_analysis.h"

namespace slotplanner {

// Finds the transactions of a batch: MULTI up to EXEC or DISCARD, with the
// WATCH commands before it. Marks their commands and the slot that they share,
// or refuses them all, because a transaction takes effect as one (rule D3).
void ResolveTransactions(BatchAnalysis& analysis);

}  // namespace slotplanner
