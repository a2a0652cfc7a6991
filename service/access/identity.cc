// SPDX-License-Identifier: Apache-2.0
#include "service/access/identity.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

constexpr size_t kMaxPatternBytes = 2048;
constexpr std::string_view kAnyLabel = "*.";
constexpr std::string_view kAnyBelow = "/*";

// Letters, digits, `-` and `_`: with dots between them, what a DNS name is made
// of. No URI (`:`) and no email address (`@`) is taken for one.
bool IsLabelCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
         c == '_';
}

bool IsLabel(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), IsLabelCharacter);
}

// Whether every part of `text` between the separators is one.
template <typename IsPart>
bool ConsistsOf(std::string_view text, char separator, IsPart is_part) {
  while (true) {
    const size_t end = text.find(separator);
    if (!is_part(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

bool IsDnsName(std::string_view text) { return ConsistsOf(text, '.', IsLabel); }

bool IsSegment(std::string_view text) {
  return !text.empty() && text != "." && text != "..";
}

// Whether `text` is `scheme://authority`, and a path or not.
bool IsUriWithAuthority(std::string_view text) {
  const size_t end = text.find("://");
  if (end == 0 || end == std::string_view::npos) return false;
  const std::string_view rest = text.substr(end + 3);
  return !rest.empty() && rest.front() != '/';
}

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase(ToAbsl(a), ToAbsl(b));
}

}  // namespace

bool IsIdentityPattern(std::string_view text) {
  const bool is_printable =
      !text.empty() && text.size() <= kMaxPatternBytes &&
      std::all_of(text.begin(), text.end(), [](char c) {
        return absl::ascii_isgraph(static_cast<unsigned char>(c));
      });
  if (!is_printable) return false;
  if (text.find('*') == std::string_view::npos) return true;
  if (text.starts_with(kAnyLabel)) {
    return IsDnsName(text.substr(kAnyLabel.size()));
  }
  const std::string_view base = text.substr(0, text.size() - 1);
  return text.ends_with(kAnyBelow) &&
         base.find('*') == std::string_view::npos && IsUriWithAuthority(base);
}

bool MatchesIdentity(std::string_view pattern, std::string_view identity) {
  if (identity.find('*') != std::string_view::npos) return false;
  if (pattern.starts_with(kAnyLabel)) {
    const size_t dot = identity.find('.');
    return dot != std::string_view::npos && IsLabel(identity.substr(0, dot)) &&
           EqualsIgnoreCase(pattern.substr(1), identity.substr(dot));
  }
  if (pattern.ends_with(kAnyBelow)) {
    const std::string_view base = pattern.substr(0, pattern.size() - 1);
    return identity.starts_with(base) &&
           ConsistsOf(identity.substr(base.size()), '/', IsSegment);
  }
  // The sizes alone tell most identities apart.
  return EqualsIgnoreCase(pattern, identity) &&
         (identity == pattern || IsDnsName(pattern));
}

}  // namespace slotplanner
