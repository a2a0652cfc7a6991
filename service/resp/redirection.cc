// SPDX-License-Identifier: Apache-2.0
#include "service/resp/redirection.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

// Whether the first word of an error line, its code, is one of `codes`.
bool HasCode(std::string_view error,
             std::initializer_list<std::string_view> codes) {
  return std::find(codes.begin(), codes.end(),
                   error.substr(0, error.find(' '))) != codes.end();
}

}  // namespace

std::optional<Redirection> ParseRedirection(std::string_view error,
                                            const RespEndpoint& sender) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(ToAbsl(error), ' ');
  if (words.size() != 3) return std::nullopt;

  Redirection redirection = {};
  if (words[0] == "MOVED") {
    redirection.kind = Redirection::Kind::kMoved;
  } else if (words[0] == "ASK") {
    redirection.kind = Redirection::Kind::kAsk;
  } else {
    return std::nullopt;
  }

  constexpr int kSlotCount = 16384;
  if (!absl::SimpleAtoi(words[1], &redirection.slot) || redirection.slot < 0 ||
      redirection.slot >= kSlotCount) {
    return std::nullopt;
  }

  // An IPv6 address has colons of its own; the port follows the last one.
  const size_t colon = words[2].rfind(':');
  if (colon == absl::string_view::npos) return std::nullopt;
  const absl::string_view host = words[2].substr(0, colon);
  int port = 0;
  if (host == "?" || !absl::SimpleAtoi(words[2].substr(colon + 1), &port) ||
      port < 1 || port > 65535) {
    return std::nullopt;
  }
  redirection.target = {.host = host.empty() ? sender.host : std::string(host),
                        .port = port};
  return redirection;
}

bool MeansTryLater(std::string_view error) {
  return HasCode(error, {"TRYAGAIN", "CLUSTERDOWN", "LOADING", "MASTERDOWN"});
}

bool TellsOfTopology(std::string_view error) {
  return HasCode(error, {"MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN"});
}

bool MeansNotPrimary(std::string_view error) {
  return HasCode(error, {"READONLY"});
}

}  // namespace slotplanner
