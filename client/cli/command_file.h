// SPDX-License-Identifier: Apache-2.0
// Commands in a file, one a line, in the notation of redis-cli.
#pragma once

#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace slotplanner::cli {

// The arguments on a line, as redis-cli reads them: words with spaces between.
// Between double quotes the escapes of `DecodeEscapes` stand for bytes; between
// single quotes only \' does. INVALID_ARGUMENT when a quote is not closed, or
// closed in front of something else than a space.
absl::StatusOr<std::vector<std::string>> SplitArguments(std::string_view line);

// The commands on the lines of `in`, without blank lines and lines that begin
// with #. INVALID_ARGUMENT names the line that is wrong, as in `NAME:3: ...`,
// or says that there is no command.
absl::StatusOr<std::vector<std::vector<std::string>>> ReadCommands(
    std::istream& in, const std::string& name);

}  // namespace slotplanner::cli
