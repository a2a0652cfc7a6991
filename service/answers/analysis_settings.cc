// SPDX-License-Identifier: Apache-2.0
#include "service/answers/analysis_settings.h"

#include "service/answers/wire_reader.h"

namespace slotplanner {
namespace {

// More than anybody reads, and few enough for an answer of some 100 KiB.
constexpr int kMaxEntries = 1000;
constexpr int kDefaultEntries = 20;

}  // namespace

bool ParseSettings(std::string_view bytes, v1::AnalysisSettings& settings) {
  return bytes.size() <= WireReader::kMaxUnusualSize &&
         settings.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

std::optional<ApiError> Validate(const v1::AnalysisSettings& settings) {
  const int max_entries = settings.max_entries();
  if (max_entries < 0 || max_entries > kMaxEntries) {
    return OutOfRangeError("settings.max_entries", max_entries, 0, kMaxEntries);
  }
  return std::nullopt;
}

size_t MaxEntriesOf(const v1::AnalysisSettings& settings) {
  const int max_entries = settings.max_entries();
  return static_cast<size_t>(max_entries == 0 ? kDefaultEntries : max_entries);
}

}  // namespace slotplanner
