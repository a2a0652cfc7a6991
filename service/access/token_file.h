// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "service/access/token_digest.h"

namespace slotplanner {

// The tokens in the file at `path`, one a line: several, so that a token can
// rotate. Blank lines and lines that begin with `#` are passed over, blanks and
// carriage returns at the end of a line taken off. At least one token, and at
// most 100 in 64 KiB. What was read is wiped from memory; only digests stay.
//
// INVALID_ARGUMENT, naming the file and the line and never what it holds, when
// it is not such a file or cannot be read.
absl::StatusOr<std::vector<TokenDigest>> ReadTokenFile(const std::string& path);

}  // namespace slotplanner
