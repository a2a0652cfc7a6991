// SPDX-License-Identifier: Apache-2.0
// How `analyze` gives its answer.
#pragma once

#include <string>
#include <string_view>

#include "slotplanner/v1/advisor_service.pb.h"

#include "absl/status/status.h"
#include "client/cli/analysis_facts.h"
#include "client/cli/command_line.h"
#include "client/cli/text_table.h"
#include "client/cli/tool.h"
#include "service/topology/topology_store.h"

namespace slotplanner::cli {

// What the environment variables say that the screen can show: COLUMNS, and
// whether the locale (LC_ALL, LC_CTYPE, LANG: the first that is set) is UTF-8.
// What is no terminal gets plain ASCII.
TextStyle TextStyleOf(const Environment& environment);

// The whole answer in `format`, with its last newline. JSON is one line:
// `{"keys":...,"input":...}`.
std::string FormatAnalysis(const v1::AnalyzeKeysResponse& keys,
                           const AnalysisFacts& facts, OutputFormat format,
                           const TextStyle& style);

// `{"workload":...,"input":...}`.
std::string FormatAnalysis(const v1::AnalyzeWorkloadResponse& workload,
                           const AnalysisFacts& facts, OutputFormat format,
                           const TextStyle& style);

// Writes the answer as a page (see `HtmlReport`) to the file of that name, with
// the owners of slots if `current`, which may be null, knows them. UNAVAILABLE
// when it cannot be written.
absl::Status WriteReport(const std::string& file, std::string_view title,
                         const v1::AnalyzeKeysResponse& keys,
                         const AnalysisFacts& facts,
                         const ClusterSnapshot* current);
absl::Status WriteReport(const std::string& file, std::string_view title,
                         const v1::AnalyzeWorkloadResponse& workload,
                         const AnalysisFacts& facts,
                         const ClusterSnapshot* current);

}  // namespace slotplanner::cli
