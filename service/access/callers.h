// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/access/token_digest.h"

namespace slotplanner {

// A caller that is known, by what, and what it may do.
struct CallerRule {
  std::string name;
  std::vector<std::string> identities;  // Each an IsIdentityPattern.
  std::vector<TokenDigest> tokens;
  std::vector<std::string> methods;   // Empty: all.
  std::vector<std::string> clusters;  // Empty: all.
};

// Whether `rule` allows calls of `method`, by its short name (`PlanBatch`).
bool MayCall(const CallerRule& rule, std::string_view method);

// Whether `rule` allows requests about `cluster`, by its own name: the default
// cluster too, which a request may leave unnamed.
bool MayUse(const CallerRule& rule, std::string_view cluster);

// All callers that are known. Immutable; thread-safe.
class Callers {
 public:
  // None is known, and so everyone may call everything.
  Callers() = default;
  explicit Callers(std::vector<CallerRule> rules) : rules_(std::move(rules)) {}

  // Whether everyone may call everything, because there are no rules.
  bool is_open() const { return rules_.empty(); }

  // In their order.
  const std::vector<CallerRule>& rules() const { return rules_; }

  // Who calls: the first rule that one of `identities` or `bearer_token` fits;
  // null when none does. It lives as long as this. `identities` are those of a
  // verified certificate; an empty token is none.
  //
  // How long it takes tells nothing about the tokens that are known, but for
  // their number: the SHA-256 of the one presented is compared with all of
  // them. Costs one hash, a comparison of 32 bytes for each known token, and
  // one of texts for each pair of identities.
  const CallerRule* Identify(std::span<const std::string_view> identities,
                             std::string_view bearer_token) const;

 private:
  std::vector<CallerRule> rules_;
};

}  // namespace slotplanner
