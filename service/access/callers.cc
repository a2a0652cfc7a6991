// SPDX-License-Identifier: Apache-2.0
#include "service/access/callers.h"

#include <algorithm>
#include <optional>

#include "service/access/identity.h"

namespace slotplanner {
namespace {

bool IsListed(const std::vector<std::string>& list, std::string_view name) {
  return list.empty() ||
         std::find(list.begin(), list.end(), name) != list.end();
}

bool HasIdentity(const CallerRule& rule,
                 std::span<const std::string_view> identities) {
  return std::any_of(rule.identities.begin(), rule.identities.end(),
                     [&](const std::string& pattern) {
                       return std::any_of(identities.begin(), identities.end(),
                                          [&](std::string_view identity) {
                                            return MatchesIdentity(pattern,
                                                                   identity);
                                          });
                     });
}

// Looks at every token, whether one was the same or not.
bool HasToken(const CallerRule& rule, const TokenDigest& presented) {
  bool is_known = false;
  for (const TokenDigest& token : rule.tokens) {
    if (IsSame(token, presented)) is_known = true;
  }
  return is_known;
}

}  // namespace

bool MayCall(const CallerRule& rule, std::string_view method) {
  return IsListed(rule.methods, method);
}

bool MayUse(const CallerRule& rule, std::string_view cluster) {
  return IsListed(rule.clusters, cluster);
}

const CallerRule* Callers::Identify(
    std::span<const std::string_view> identities,
    std::string_view bearer_token) const {
  std::optional<TokenDigest> presented;
  if (!bearer_token.empty()) presented = DigestOf(bearer_token);
  const CallerRule* caller = nullptr;
  // On to the last rule, because of its tokens.
  for (const CallerRule& rule : rules_) {
    const bool has_token = presented && HasToken(rule, *presented);
    if (caller == nullptr && (has_token || HasIdentity(rule, identities))) {
      caller = &rule;
    }
  }
  return caller;
}

}  // namespace slotplanner
