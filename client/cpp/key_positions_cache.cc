// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/key_positions_cache.h"

#include <algorithm>
#include <utility>

namespace slotplanner {
namespace {

// A server hears of a new command with a refresh, which is seconds apart, too.
constexpr absl::Duration kMinFetchInterval = absl::Seconds(1);

bool ListsAll(const KeyPositionsTable& table,
              const v1::PlanBatchRequest& request) {
  return std::all_of(
      request.commands().begin(), request.commands().end(),
      [&](const v1::Command& command) { return table.Lists(command); });
}

}  // namespace

std::shared_ptr<const KeyPositionsTable> KeyPositionsCache::Kept(
    const v1::PlanBatchRequest& request) {
  std::shared_ptr<const KeyPositionsTable> table;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(request.cluster());
    if (found == entries_.end()) return nullptr;
    table = found->second.table;
  }
  if (ListsAll(*table, request)) return table;
  const absl::Time now = clock_();
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_.at(request.cluster());  // None is ever taken out.
  if (absl::AbsDuration(now - entry.fetch_time) < kMinFetchInterval) {
    return entry.table;
  }
  entry.fetch_time = now;  // From here on others leave it to this caller.
  return nullptr;
}

absl::StatusOr<std::shared_ptr<const KeyPositionsTable>>
KeyPositionsCache::TableFor(
    const v1::PlanBatchRequest& request,
    absl::FunctionRef<absl::StatusOr<v1::GetKeyPositionsResponse>()> fetch) {
  if (auto table = Kept(request)) return table;
  const auto response = fetch();
  if (!response.ok()) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(request.cluster());
    if (found != entries_.end()) {
      found->second.fetch_time = absl::InfinitePast();
    }
    return response.status();
  }
  auto table = std::make_shared<const KeyPositionsTable>(*response);
  const absl::Time now = clock_();
  const std::lock_guard lock(mutex_);
  entries_.insert_or_assign(request.cluster(),
                            Entry{.table = table, .fetch_time = now});
  return table;
}

}  // namespace slotplanner
