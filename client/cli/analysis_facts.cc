// SPDX-License-Identifier: Apache-2.0
#include "client/cli/analysis_facts.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/json_text.h"
#include "client/cli/number_text.h"

namespace slotplanner::cli {

void AnalysisFacts::AddCount(std::string name, std::string words,
                             int64_t count) {
  facts_.push_back({std::move(name), std::move(words), count});
}

void AnalysisFacts::AddText(std::string name, std::string words,
                            std::string text) {
  facts_.push_back({std::move(name), std::move(words), std::move(text)});
}

std::string AnalysisFacts::ToJson() const {
  std::string json = "{";
  for (const Fact& fact : facts_) {
    const auto* const text = std::get_if<std::string>(&fact.value);
    if (text != nullptr && !IsUtf8(*text)) continue;
    absl::StrAppend(
        &json, json.size() > 1 ? "," : "", JsonString(fact.name), ":",
        text != nullptr ? JsonString(*text)
                        : absl::StrCat(std::get<int64_t>(fact.value)));
  }
  return json + '}';
}

std::string AnalysisFacts::ToText() const {
  std::string lines;
  for (const Fact& fact : facts_) {
    const auto* const count = std::get_if<int64_t>(&fact.value);
    if (count != nullptr && *count == 0) continue;
    absl::StrAppend(&lines, fact.words, ": ",
                    count != nullptr ? FormatCount(*count)
                                     : std::get<std::string>(fact.value),
                    "\n");
  }
  return lines;
}

}  // namespace slotplanner::cli
