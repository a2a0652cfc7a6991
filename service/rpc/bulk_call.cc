// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/bulk_call.h"

namespace slotplanner {

RefreshRequests* RefreshFirst(ServedCluster& cluster,
                              std::string_view outdated_version) {
  if (outdated_version.empty()) return nullptr;
  const auto snapshot = cluster.store.Current();
  if (snapshot == nullptr ||
      snapshot->topology->version() != outdated_version) {
    return nullptr;
  }
  return &cluster.refresh_requests;
}

}  // namespace slotplanner
