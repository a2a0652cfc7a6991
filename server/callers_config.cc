// SPDX-License-Identifier: Apache-2.0
#include "server/callers_config.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/config_name.h"
#include "service/access/identity.h"
#include "service/access/token_file.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

using config::v1::Caller;
using Texts = google::protobuf::RepeatedPtrField<std::string>;

std::vector<std::string> ToVector(const Texts& texts) {
  return {texts.begin(), texts.end()};
}

// Reports each of `names` that is not among `known`.
void CheckNames(const Texts& names, std::span<const std::string_view> known,
                std::string_view list, std::string_view problem,
                ReportProblem report) {
  for (int i = 0; i < names.size(); ++i) {
    if (std::find(known.begin(), known.end(), names[i]) == known.end()) {
      report(absl::StrCat(ToAbsl(list), "[", i, "]"), problem);
    }
  }
}

void CheckIdentities(const Texts& identities, ReportProblem report) {
  for (int i = 0; i < identities.size(); ++i) {
    if (!IsIdentityPattern(identities[i])) {
      report(absl::StrCat(".identities[", i, "]"),
             "must be 1 to 2048 printable ASCII characters without spaces; * "
             "stands only as *.NAME or at the end of SCHEME://HOST/PATH/*");
    }
  }
}

CallerRule ReadCaller(const Caller& caller,
                      std::span<const std::string_view> methods,
                      std::span<const std::string_view> clusters,
                      ReportProblem report) {
  if (!IsConfigName(caller.name())) {
    report(".name",
           "a caller's name has 1 to 63 lower-case letters, digits, - and _, "
           "and begins with a letter");
  }
  if (caller.identities().empty() && caller.token_file().empty()) {
    report("", "needs identities or a token_file to be known by");
  }
  CheckIdentities(caller.identities(), report);
  CheckNames(caller.methods(), methods, ".methods",
             "is no method; write it without its service, such as PlanBatch",
             report);
  CheckNames(caller.clusters(), clusters, ".clusters",
             "is no cluster of these settings", report);
  CallerRule rule = {.name = caller.name(),
                     .identities = ToVector(caller.identities()),
                     .tokens = {},
                     .methods = ToVector(caller.methods()),
                     .clusters = ToVector(caller.clusters())};
  if (!caller.token_file().empty()) {
    absl::StatusOr<std::vector<TokenDigest>> tokens =
        ReadTokenFile(caller.token_file());
    if (tokens.ok()) {
      rule.tokens = *std::move(tokens);
    } else {
      report(".token_file", ToStd(tokens.status().message()));
    }
  }
  return rule;
}

bool HasTokenOf(const CallerRule& rule, const CallerRule& other) {
  return std::any_of(
      rule.tokens.begin(), rule.tokens.end(), [&](const TokenDigest& token) {
        return std::any_of(other.tokens.begin(), other.tokens.end(),
                           [&](const TokenDigest& other_token) {
                             return IsSame(token, other_token);
                           });
      });
}

// Reports what would make `rule` be taken for a caller before it.
void CheckAgainst(const CallerRule& other, const CallerRule& rule,
                  ReportProblem report) {
  if (other.name == rule.name) report(".name", "stands in this list twice");
  for (size_t i = 0; i < rule.identities.size(); ++i) {
    const std::string& identity = rule.identities[i];
    const bool is_taken = std::any_of(
        other.identities.begin(), other.identities.end(),
        [&](const std::string& pattern) {
          return pattern == identity || MatchesIdentity(pattern, identity);
        });
    if (is_taken) {
      report(absl::StrCat(".identities[", i, "]"),
             "is that of a caller before it too; put this caller first");
    }
  }
  if (HasTokenOf(rule, other)) {
    report(".token_file",
           "has a token of a caller before it too; give each its own");
  }
}

}  // namespace

CallersConfig ReadCallers(
    const google::protobuf::RepeatedPtrField<Caller>& callers,
    std::span<const std::string_view> methods,
    std::span<const std::string_view> clusters, ReportProblem report) {
  CallersConfig config;
  std::vector<CallerRule> rules;
  bool is_good = true;
  for (const Caller& caller : callers) {
    const auto report_here = [&](std::string_view path,
                                 std::string_view problem) {
      is_good = false;
      report(absl::StrCat("[", rules.size(), "]", ToAbsl(path)), problem);
    };
    if (!caller.token_file().empty()) {
      config.token_files.push_back(caller.token_file());
    }
    CallerRule rule = ReadCaller(caller, methods, clusters, report_here);
    for (const CallerRule& other : rules) {
      CheckAgainst(other, rule, report_here);
    }
    rules.push_back(std::move(rule));
  }
  if (is_good) {
    config.callers = std::make_shared<const Callers>(std::move(rules));
  }
  return config;
}

}  // namespace slotplanner
