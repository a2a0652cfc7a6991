// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/redirection_report.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

#include "absl/strings/match.h"
#include "service/base/strings.h"
#include "service/slots/hash_slot.h"

namespace slotplanner {

std::optional<RedirectionReport> ParseRedirectionReport(
    std::string_view error) {
  constexpr size_t kMaxErrorBytes = 512;
  if (error.size() > kMaxErrorBytes || !TellsOfTopology(error)) {
    return std::nullopt;
  }
  // Who sent it is not known; it matters only where no host is named.
  const RedirectionReport report = {ParseRedirection(error, RespEndpoint{})};
  const bool leads_somewhere = !MeansTryLater(error);
  const bool names_nobody = absl::StrContains(ToAbsl(error), " ?:");
  if (leads_somewhere && !report.redirection && !names_nobody) {
    return std::nullopt;
  }
  return report;
}

bool IsKnown(const RedirectionReport& report, const ClusterSnapshot& snapshot) {
  if (!report.redirection) return false;
  const auto slot = HashSlot::FromNumber(report.redirection->slot);
  if (!slot) return false;
  if (report.redirection->kind == Redirection::Kind::kAsk) {
    return std::any_of(snapshot.migrations.begin(), snapshot.migrations.end(),
                       [&](const SlotMigration& migration) {
                         return migration.slot == *slot;
                       });
  }
  const Shard* shard = snapshot.topology->ShardOf(*slot);
  const RespEndpoint& target = report.redirection->target;
  return shard != nullptr && shard->primary.host == target.host &&
         shard->primary.port == target.port;
}

}  // namespace slotplanner
