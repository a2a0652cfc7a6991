// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace slotplanner::cli {

// Whether JSON can carry `bytes` as a string: well-formed UTF-8, without
// overlong forms, surrogates, and code points past U+10FFFF.
bool IsUtf8(std::string_view bytes);

// `text` as a JSON string, its quotes included. Requires: `IsUtf8(text)`.
std::string JsonString(std::string_view text);

}  // namespace slotplanner::cli
