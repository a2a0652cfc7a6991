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
namespace {

using Kind = RedirectionReport::Kind;

constexpr size_t kMaxErrorBytes = 512;

std::optional<Kind> KindOf(std::string_view code) {
  if (code == "MOVED") return Kind::kMoved;
  if (code == "ASK") return Kind::kAsk;
  if (code == "TRYAGAIN") return Kind::kTryAgain;
  if (code == "CLUSTERDOWN") return Kind::kClusterDown;
  return std::nullopt;
}

}  // namespace

std::optional<RedirectionReport> ParseRedirectionReport(
    std::string_view error) {
  if (error.size() > kMaxErrorBytes) return std::nullopt;
  const std::optional<Kind> kind = KindOf(error.substr(0, error.find(' ')));
  if (!kind) return std::nullopt;
  RedirectionReport report{.kind = *kind, .redirection = std::nullopt};
  if (*kind == Kind::kMoved || *kind == Kind::kAsk) {
    // Who sent it is not known; it matters only where no host is named.
    report.redirection = ParseRedirection(error, RespEndpoint{});
    const bool names_nobody = absl::StrContains(ToAbsl(error), " ?:");
    if (!report.redirection && !names_nobody) return std::nullopt;
  }
  return report;
}

bool IsKnown(const RedirectionReport& report, const ClusterSnapshot& snapshot) {
  if (!report.redirection) return false;
  const auto slot = HashSlot::FromNumber(report.redirection->slot);
  if (!slot) return false;
  if (report.kind == Kind::kAsk) {
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
