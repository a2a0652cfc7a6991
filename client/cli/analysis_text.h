// SPDX-License-Identifier: Apache-2.0
// Analyses as text for people.
#pragma once

#include <string>

#include "slotplanner/v1/advisor_service.pb.h"

#include "client/cli/text_table.h"

namespace slotplanner::cli {

// How unevenly something is spread, in one sentence and its newline, as in
// `slots: the fullest has 1.9 times the mean; chance alone would give 1.8:
// even`. `what` stands before the colon; `measure` is what the fullest has
// times of.
std::string FormatSkew(const std::string& what, const std::string& measure,
                       const v1::Skew& skew);

// Totals, skew, shards and what would be, the fullest slots, the heaviest
// hash tags. Hash tags are quoted if the response has them. Every line ends
// with its newline; none is broken at the width.
std::string FormatKeyAnalysis(const v1::AnalyzeKeysResponse& response,
                              const TextStyle& style);

// The commands by name, what they use together across slots, and their keys.
std::string FormatWorkloadAnalysis(const v1::AnalyzeWorkloadResponse& response,
                                   const TextStyle& style);

}  // namespace slotplanner::cli
