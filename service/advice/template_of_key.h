// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace slotplanner {

// What stands for an ID in a template.
inline constexpr std::string_view kIdPlaceholder = "<n>";

// `key` with `kIdPlaceholder` for each of its IDs, so that keys of one kind
// have one template: `user:42:cart` is of `user:<n>:cart`. An ID is a UUID
// (8-4-4-4-12 hexadecimal digits; RFC 9562, section 4), a run of at least 8
// hexadecimal digits with a decimal one among them, or a run of decimal digits;
// the longest that begins at a place counts. All other bytes stay as they are,
// braces too. May be longer than `key`, at most three times. Pure. O(key size).
std::string TemplateOfKey(std::string_view key);

}  // namespace slotplanner
