// SPDX-License-Identifier: Apache-2.0
// What a call shows of its caller, which anybody may send, and the patterns
// that identities are held against. The lines of the input are values of
// `authorization`, `x-request-id` and `traceparent`, a pattern, an identity.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "service/access/bearer_token.h"
#include "service/access/callers.h"
#include "service/access/identity.h"
#include "service/access/request_id.h"
#include "service/access/token_digest.h"

namespace slotplanner {
namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= 0x21 && c <= 0x7e; });
}

void CheckToken(std::string_view authorization) {
  const std::string_view token = BearerTokenOf(authorization);
  if (token.empty()) return;
  Check(IsPrintable(token) && token.size() >= 16 && token.size() <= 4096);
  Check(authorization.ends_with(token));
  const std::string_view before =
      authorization.substr(0, authorization.size() - token.size());
  Check(before.size() >= 7 && before.back() == ' ');
}

void CheckRequestId(std::string_view x_request_id,
                    std::string_view traceparent) {
  const std::string_view id = RequestIdOf(x_request_id, traceparent);
  Check(IsPrintable(id) && id.size() <= 128);
  Check(id.find_first_of("\"\\") == std::string_view::npos);
  if (!id.empty() && id != x_request_id) {
    Check(id.size() == 32 && traceparent.substr(3, 32) == id);
    Check(id.find_first_not_of("0123456789abcdef") == std::string_view::npos);
  }
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// A match is of the same text but for case, or of one that begins or ends as
// the wildcard says; and nobody is known by what only looks like it.
void CheckIdentity(std::string_view pattern, std::string_view identity) {
  if (!IsIdentityPattern(pattern)) return;
  const bool is_match = MatchesIdentity(pattern, identity);
  const size_t stars =
      static_cast<size_t>(std::count(pattern.begin(), pattern.end(), '*'));
  Check(stars <= 1);
  if (stars == 0) Check(MatchesIdentity(pattern, pattern));
  if (stars == 0 && identity == pattern) Check(is_match);
  if (!is_match) return;
  Check(IsPrintable(identity) || pattern.back() == '*');
  Check(identity.find('*') == std::string_view::npos);
  if (stars == 0) {
    Check(Lower(identity) == Lower(pattern));
    if (pattern.find_first_of(":@/") != std::string_view::npos) {
      Check(identity == pattern);
    }
  } else if (pattern.front() == '*') {
    const std::string rest = Lower(pattern.substr(1));
    Check(Lower(identity).ends_with(rest));
    Check(identity.size() > rest.size());
    Check(identity.substr(0, identity.size() - rest.size())
              .find_first_of("./:@") == std::string_view::npos);
  } else {
    const std::string_view base = pattern.substr(0, pattern.size() - 1);
    Check(identity.size() > base.size() && identity.starts_with(base));
    const std::string path =
        "/" + std::string(identity.substr(base.size())) + "/";
    for (const char* part : {"//", "/./", "/../"}) {
      Check(path.find(part) == std::string::npos);
    }
  }
}

// Whoever is identified has what was shown.
void CheckCallers(std::string_view authorization, std::string_view pattern,
                  std::string_view identity) {
  const bool has_pattern = IsIdentityPattern(pattern);
  const Callers callers(
      {{.name = "a",
        .identities = {},
        .tokens = {DigestOf("0123456789abcdef")},
        .methods = {},
        .clusters = {}},
       {.name = "b",
        .identities = has_pattern ? std::vector{std::string(pattern)}
                                  : std::vector<std::string>(),
        .tokens = {},
        .methods = {},
        .clusters = {}}});
  const std::string_view token = BearerTokenOf(authorization);
  const std::array<std::string_view, 1> identities = {identity};
  const CallerRule* const caller = callers.Identify(identities, token);
  const CallerRule* expected = nullptr;
  if (has_pattern && MatchesIdentity(pattern, identity)) {
    expected = &callers.rules()[1];
  }
  if (token == "0123456789abcdef") expected = &callers.rules()[0];
  Check(caller == expected);
}

}  // namespace
}  // namespace slotplanner

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::array<std::string_view, 5> lines;
  for (std::string_view& line : lines) {
    line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  slotplanner::CheckToken(lines[0]);
  slotplanner::CheckRequestId(lines[1], lines[2]);
  slotplanner::CheckIdentity(lines[3], lines[4]);
  slotplanner::CheckCallers(lines[0], lines[3], lines[4]);
  return 0;
}
