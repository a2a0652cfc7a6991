// SPDX-License-Identifier: Apache-2.0
#include "service/resp/address_map.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "service/resp/endpoint_text.h"
#include "service/resp/resp_endpoint.h"

namespace slotplanner {
namespace {

std::string KeyOf(const RespEndpoint& endpoint) {
  return ToString(
      {.host = CanonicalHost(endpoint.host), .port = endpoint.port});
}

// A host without a port: a name, an IPv4 address, or an IPv6 address in
// brackets.
std::optional<std::string> ParseHost(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
  } else if (text.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  if (!IsHost(text)) return std::nullopt;
  return std::string(text);
}

absl::Status Refuse(const std::string& from, const char* reason) {
  return absl::InvalidArgumentError(absl::StrCat(
      "The address map's entry for \"", absl::CHexEscape(from), "\" ", reason));
}

}  // namespace

absl::StatusOr<AddressMap> AddressMap::Make(
    const std::vector<std::pair<std::string, std::string>>& entries) {
  AddressMap map;
  for (const auto& [from, to] : entries) {
    const std::optional<RespEndpoint> from_endpoint = ParseEndpoint(from);
    const std::optional<RespEndpoint> to_endpoint = ParseEndpoint(to);
    const std::optional<std::string> from_host = ParseHost(from);
    const std::optional<std::string> to_host = ParseHost(to);
    bool is_new = false;
    if (from_endpoint.has_value() && to_endpoint.has_value()) {
      is_new = map.endpoints_.try_emplace(KeyOf(*from_endpoint), *to_endpoint)
                   .second;
    } else if (from_host.has_value() && to_host.has_value()) {
      is_new =
          map.hosts_.try_emplace(CanonicalHost(*from_host), *to_host).second;
    } else {
      return Refuse(from,
                    "is neither from host:port to host:port nor from host to "
                    "host (IPv6 addresses in brackets).");
    }
    if (!is_new) return Refuse(from, "stands twice.");
  }
  return map;
}

RespEndpoint AddressMap::Map(RespEndpoint announced) const {
  if (const auto found = endpoints_.find(KeyOf(announced));
      found != endpoints_.end()) {
    return found->second;
  }
  if (const auto found = hosts_.find(CanonicalHost(announced.host));
      found != hosts_.end()) {
    announced.host = found->second;
  }
  return announced;
}

}  // namespace slotplanner
