// SPDX-License-Identifier: Apache-2.0
// How `analyze` gives its answer.
#pragma once

#include <string>

#include "slotplanner/v1/advisor_service.pb.h"

#include "client/cli/analysis_facts.h"
#include "client/cli/command_line.h"
#include "client/cli/text_table.h"
#include "client/cli/tool.h"

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

}  // namespace slotplanner::cli
