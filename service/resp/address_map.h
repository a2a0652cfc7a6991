// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "service/resp/resp_endpoint.h"

namespace slotplanner {

// For clusters behind address translation: where to connect to instead of the
// endpoints that the nodes announce. Immutable, hence thread-safe.
class AddressMap {
 public:
  // Maps every endpoint to itself.
  AddressMap() = default;

  // From what is announced to what to connect to: `host:port` to `host:port`,
  // or `host` to `host` for all ports of that host. IPv6 addresses stand in
  // brackets; names compare without case, addresses by what they mean.
  // INVALID_ARGUMENT, naming the entry, when one is of neither kind or stands
  // twice.
  static absl::StatusOr<AddressMap> Make(
      const std::vector<std::pair<std::string, std::string>>& entries);

  // Where to connect to for `announced`. An entry for its host and port goes
  // before one for its host. The result is not looked up again.
  RespEndpoint Map(RespEndpoint announced) const;

 private:
  std::map<std::string, RespEndpoint> endpoints_;  // By `ToString`, canonical.
  std::map<std::string, std::string> hosts_;       // By host, canonical.
};

}  // namespace slotplanner
