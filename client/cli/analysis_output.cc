// SPDX-License-Identifier: Apache-2.0
#include "client/cli/analysis_output.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/cli/analysis_text.h"
#include "client/cli/text_format.h"
#include "service/base/strings.h"

namespace slotplanner::cli {
namespace {

// What screens have; narrower tables lose their bars' meaning.
constexpr int kMinColumns = 40;
constexpr int kMaxColumns = 500;

bool IsUtf8Locale(const Environment& environment) {
  for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto value = environment.variable(name);
    if (!value || value->empty()) continue;
    const std::string locale = absl::AsciiStrToLower(*value);
    return absl::StrContains(locale, "utf-8") ||
           absl::StrContains(locale, "utf8");
  }
  return false;
}

std::string Json(std::string_view name,
                 const google::protobuf::Message& message,
                 const AnalysisFacts& facts) {
  std::string json = FormatJson(message);
  while (!json.empty() && json.back() == '\n') json.pop_back();
  return absl::StrCat("{\"", ToAbsl(name), "\":", json,
                      ",\"input\":", facts.ToJson(), "}\n");
}

}  // namespace

TextStyle TextStyleOf(const Environment& environment) {
  TextStyle style;
  if (const auto columns = environment.variable("COLUMNS")) {
    int number = 0;
    if (absl::SimpleAtoi(*columns, &number)) {
      style.columns = std::clamp(number, kMinColumns, kMaxColumns);
    }
  }
  style.has_blocks = environment.is_out_terminal && IsUtf8Locale(environment);
  return style;
}

std::string FormatAnalysis(const v1::AnalyzeKeysResponse& keys,
                           const AnalysisFacts& facts, OutputFormat format,
                           const TextStyle& style) {
  if (format == OutputFormat::kJson) return Json("keys", keys, facts);
  return absl::StrCat(facts.ToText(), FormatKeyAnalysis(keys, style));
}

std::string FormatAnalysis(const v1::AnalyzeWorkloadResponse& workload,
                           const AnalysisFacts& facts, OutputFormat format,
                           const TextStyle& style) {
  if (format == OutputFormat::kJson) return Json("workload", workload, facts);
  return absl::StrCat(facts.ToText(), "\n",
                      FormatWorkloadAnalysis(workload, style));
}

}  // namespace slotplanner::cli
