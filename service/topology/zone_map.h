// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner {

// Availability zones of nodes whose servers do not tell them. Immutable, hence
// thread-safe.
class ZoneMap {
 public:
  // Knows no zone.
  ZoneMap() = default;

  // From nodes to the names of zones. Nodes are a host name, an IP address, or
  // a block of addresses such as `10.0.1.0/24` or `fd00:1::/32`; names compare
  // without case. INVALID_ARGUMENT, naming the entry, when the nodes are no
  // such thing or stand twice, when bits are set behind the prefix of a block,
  // or when the zone is not 1 to 255 visible ASCII characters.
  static absl::StatusOr<ZoneMap> Make(
      const std::vector<std::pair<std::string, std::string>>& entries);

  // The zone of `host`, empty when unknown. Of the blocks that hold an address,
  // the one with the longest prefix counts. O(host + blocks).
  std::string ZoneOf(std::string_view host) const;

  // Fills in the zones that the servers left empty.
  void FillZones(std::vector<Shard>& shards) const;

 private:
  // An IPv4 block is one of IPv6 below ::ffff:0:0/96.
  struct Block {
    int prefix_bits;  // 0 to 128.
    std::array<unsigned char, 16> address;
    std::string zone;
  };

  std::map<std::string, std::string> names_;  // Canonical; no addresses.
  std::vector<Block> blocks_;                 // Longest prefix first.
};

}  // namespace slotplanner
