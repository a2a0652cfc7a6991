// SPDX-License-Identifier: Apache-2.0
#include "client/cli/analysis_output.h"

#include <algorithm>
#include <fstream>

#include "slotplanner/v1/topology_service.pb.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/cli/analysis_text.h"
#include "client/cli/html_report.h"
#include "client/cli/text_format.h"
#include "service/answers/topology_messages.h"
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

// A message without the newline behind it.
std::string JsonOf(const google::protobuf::Message& message) {
  return std::string(absl::StripTrailingAsciiWhitespace(FormatJson(message)));
}

// `{"NAME":...,"input":...}`, and between them what `more` is.
std::string Json(std::string_view name,
                 const google::protobuf::Message& message,
                 const AnalysisFacts& facts, std::string_view more = "") {
  return absl::StrCat("{\"", ToAbsl(name), "\":", JsonOf(message), ToAbsl(more),
                      ",\"input\":", facts.ToJson(), "}");
}

absl::Status WritePage(const std::string& file, std::string_view title,
                       std::string_view name,
                       const google::protobuf::Message& message,
                       const AnalysisFacts& facts,
                       const ClusterSnapshot* current) {
  std::string topology;
  if (current != nullptr) {
    v1::Topology filled;
    FillTopology(*current, filled);
    topology = ",\"topology\":" + JsonOf(filled);
  }
  std::ofstream out(file, std::ios::binary);
  out << HtmlReport(title, Json(name, message, facts, topology));
  out.close();
  if (out) return absl::OkStatus();
  return absl::UnavailableError("cannot write " + file);
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
  if (format == OutputFormat::kJson) return Json("keys", keys, facts) + '\n';
  return absl::StrCat(facts.ToText(), "\n", FormatKeyAnalysis(keys, style));
}

std::string FormatAnalysis(const v1::AnalyzeWorkloadResponse& workload,
                           const AnalysisFacts& facts, OutputFormat format,
                           const TextStyle& style) {
  if (format == OutputFormat::kJson) {
    return Json("workload", workload, facts) + '\n';
  }
  return absl::StrCat(facts.ToText(), "\n",
                      FormatWorkloadAnalysis(workload, style));
}

absl::Status WriteReport(const std::string& file, std::string_view title,
                         const v1::AnalyzeKeysResponse& keys,
                         const AnalysisFacts& facts,
                         const ClusterSnapshot* current) {
  return WritePage(file, title, "keys", keys, facts, current);
}

absl::Status WriteReport(const std::string& file, std::string_view title,
                         const v1::AnalyzeWorkloadResponse& workload,
                         const AnalysisFacts& facts,
                         const ClusterSnapshot* current) {
  return WritePage(file, title, "workload", workload, facts, current);
}

}  // namespace slotplanner::cli
