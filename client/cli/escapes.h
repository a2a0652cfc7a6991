// SPDX-License-Identifier: Apache-2.0
// Bytes as redis-cli writes and reads them between double quotes.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace slotplanner::cli {

// `bytes` in double quotes, all of it printable ASCII: what is not is written
// as \n, \r, \t, \a, \b, \\, \" or \xHH.
std::string QuoteBytes(std::string_view bytes);

// The bytes that `text` stands for: \n, \r, \t, \a, \b and \xHH are read as
// QuoteBytes writes them; any other character after a backslash stands for
// itself. INVALID_ARGUMENT when a backslash is the last character.
absl::StatusOr<std::string> DecodeEscapes(std::string_view text);

}  // namespace slotplanner::cli
