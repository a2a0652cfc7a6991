// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/cli/analysis_facts.h"
#include "client/cli/cluster_scan.h"
#include "client/cli/slot_watch.h"

namespace slotplanner::cli {

// What is to be known about a scan: how much it saw, and whose keys it may have
// missed.
AnalysisFacts FactsOf(const ClusterScanResult& result, const SlotWatch& watch);

}  // namespace slotplanner::cli
