// SPDX-License-Identifier: Apache-2.0
#include "client/cli/scan_facts.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/cli/number_text.h"
#include "service/slots/hash_slot.h"

namespace slotplanner::cli {
namespace {

// More ranges than anybody reads; their number is told in any case.
constexpr size_t kMaxRanges = 100;

// As in `0, 100-199`.
std::string FormatRanges(const std::vector<SlotRange>& ranges) {
  std::string text;
  for (size_t i = 0; i < ranges.size() && i < kMaxRanges; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ", ", ranges[i].first.value());
    if (ranges[i].first != ranges[i].last) {
      absl::StrAppend(&text, "-", ranges[i].last.value());
    }
  }
  return ranges.size() > kMaxRanges ? text + ", ..." : text;
}

std::string FormatIncomplete(const std::vector<IncompleteShard>& shards) {
  std::string text;
  for (const IncompleteShard& shard : shards) {
    absl::StrAppend(&text, text.empty() ? "" : "; ", shard.address, " (",
                    shard.reason, ")");
  }
  return text;
}

}  // namespace

AnalysisFacts FactsOf(const ClusterScanResult& result, const SlotWatch& watch) {
  AnalysisFacts facts;
  const ScanProgress& progress = result.progress;
  if (result.was_stopped) {
    facts.AddText(
        "partial", "PARTIAL",
        absl::StrCat("the scan was stopped after ",
                     FormatShare(static_cast<double>(progress.looked_at),
                                 static_cast<double>(progress.key_count)),
                     " of the keys"));
  }
  if (!result.incomplete_shards.empty()) {
    facts.AddText("incompleteShards",
                  "INCOMPLETE, keys are missing of the shards of",
                  FormatIncomplete(result.incomplete_shards));
  }
  facts.AddCount("scannedNodes", "nodes scanned", result.node_count);
  facts.AddCount("databaseKeys", "keys on them", progress.key_count);
  facts.AddCount("lookedAtKeys", "keys looked at, about", progress.looked_at);
  facts.AddCount("foreignKeys",
                 "foreign keys, on nodes that do not own their slots; they are "
                 "not counted",
                 result.foreign_keys);
  facts.AddCount("unweighedKeys", "keys whose memory is not known",
                 result.unweighed_keys);
  facts.AddCount("unstableSlotCount", "slots that moved meanwhile",
                 watch.count());
  if (watch.count() > 0) {
    facts.AddText("unstableSlots",
                  "  keys may be missing, or counted twice, of slots",
                  FormatRanges(watch.Ranges()));
  }
  facts.AddCount("milliseconds", "milliseconds taken",
                 absl::ToInt64Milliseconds(progress.elapsed));
  return facts;
}

}  // namespace slotplanner::cli
