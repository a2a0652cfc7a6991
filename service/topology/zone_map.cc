// SPDX-License-Identifier: Apache-2.0
#include "service/topology/zone_map.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "service/base/strings.h"
#include "service/resp/endpoint_text.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner {
namespace {

constexpr size_t kMaxZoneBytes = 255;
constexpr int kAddressBits = 128;
constexpr int kIpv4Bits = 32;

using Address = std::array<unsigned char, kAddressBits / 8>;

// An address or a block of addresses.
struct AddressBlock {
  int prefix_bits;
  Address address;
};

std::optional<AddressBlock> ParseAddress(std::string_view text) {
  const std::string zero_ended(text);
  AddressBlock block = {.prefix_bits = kAddressBits, .address = {}};
  if (inet_pton(AF_INET6, zero_ended.c_str(), block.address.data()) == 1) {
    return block;
  }
  // The IPv4-mapped addresses of RFC 4291, 2.5.5.2.
  block.address[10] = block.address[11] = 0xff;
  if (inet_pton(AF_INET, zero_ended.c_str(), block.address.data() + 12) == 1) {
    return block;
  }
  return std::nullopt;
}

int BitOf(const Address& address, int index) {
  const int byte = address[static_cast<size_t>(index / 8)];
  return (byte >> (7 - index % 8)) & 1;
}

// `ADDRESS/BITS`, no bit set behind the prefix.
std::optional<AddressBlock> ParseBlock(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string_view digits = text.substr(slash + 1);
  std::optional<AddressBlock> block = ParseAddress(text.substr(0, slash));
  int bits = 0;
  if (!block.has_value() ||
      !std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(ToAbsl(digits), &bits)) {
    return std::nullopt;
  }
  const bool is_ipv4 =
      text.substr(0, slash).find(':') == std::string_view::npos;
  if (bits > (is_ipv4 ? kIpv4Bits : kAddressBits)) return std::nullopt;
  block->prefix_bits = is_ipv4 ? kAddressBits - kIpv4Bits + bits : bits;
  for (int i = block->prefix_bits; i < kAddressBits; ++i) {
    if (BitOf(block->address, i) != 0) return std::nullopt;
  }
  return block;
}

bool Holds(int prefix_bits, const Address& block, const Address& address) {
  for (int i = 0; i < prefix_bits; ++i) {
    if (BitOf(block, i) != BitOf(address, i)) return false;
  }
  return true;
}

bool IsZone(std::string_view zone) {
  return !zone.empty() && zone.size() <= kMaxZoneBytes &&
         std::all_of(zone.begin(), zone.end(), [](char c) {
           return absl::ascii_isgraph(static_cast<unsigned char>(c));
         });
}

absl::Status Refuse(const std::string& nodes, const char* reason) {
  return absl::InvalidArgumentError(
      absl::StrCat("The zone of \"", absl::CHexEscape(nodes), "\": ", reason));
}

}  // namespace

absl::StatusOr<ZoneMap> ZoneMap::Make(
    const std::vector<std::pair<std::string, std::string>>& entries) {
  ZoneMap map;
  for (const auto& [nodes, zone] : entries) {
    if (!IsZone(zone)) {
      return Refuse(nodes, "a zone is 1 to 255 visible ASCII characters.");
    }
    const bool is_block = nodes.find('/') != std::string::npos;
    const std::optional<AddressBlock> block =
        is_block ? ParseBlock(nodes) : ParseAddress(nodes);
    bool is_new = true;
    if (block.has_value()) {
      for (const Block& known : map.blocks_) {
        if (known.prefix_bits == block->prefix_bits &&
            known.address == block->address) {
          is_new = false;
        }
      }
      map.blocks_.push_back({.prefix_bits = block->prefix_bits,
                             .address = block->address,
                             .zone = zone});
    } else if (!is_block && IsHost(nodes)) {
      is_new = map.names_.try_emplace(CanonicalHost(nodes), zone).second;
    } else {
      return Refuse(nodes,
                    "the nodes are no host name, IP address or block of "
                    "addresses such as 10.0.1.0/24.");
    }
    if (!is_new) return Refuse(nodes, "it stands twice.");
  }
  std::sort(map.blocks_.begin(), map.blocks_.end(),
            [](const Block& a, const Block& b) {
              return a.prefix_bits > b.prefix_bits;
            });
  return map;
}

std::string ZoneMap::ZoneOf(std::string_view host) const {
  if (const std::optional<AddressBlock> address = ParseAddress(host)) {
    for (const Block& block : blocks_) {
      if (Holds(block.prefix_bits, block.address, address->address)) {
        return block.zone;
      }
    }
    return "";
  }
  const auto found = names_.find(CanonicalHost(host));
  return found != names_.end() ? found->second : "";
}

void ZoneMap::FillZones(std::vector<Shard>& shards) const {
  const auto fill = [this](Node& node) {
    if (node.zone.empty()) node.zone = ZoneOf(node.host);
  };
  for (Shard& shard : shards) {
    fill(shard.primary);
    for (Node& replica : shard.replicas) fill(replica);
  }
}

}  // namespace slotplanner
