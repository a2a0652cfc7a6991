// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace slotplanner {

// The size of a token. What is shorter can be guessed: 16 characters of base 64
// are 96 bits. Nobody needs more than a page.
inline constexpr size_t kMinTokenBytes = 16;
inline constexpr size_t kMaxTokenBytes = 4096;

// Whether `text` has the form of a token: printable ASCII characters without
// spaces, of a size within the bounds. Wider than RFC 6750, section 2.1, which
// leaves out some punctuation.
bool IsToken(std::string_view text);

// The token in `authorization`, a value of the metadata key of that name:
// `Bearer TOKEN`, the scheme in any case (RFC 9110, section 11.1), one or more
// spaces between them. A view into it; empty when it is anything else, or when
// the token has not the form of one and so can be nobody's.
std::string_view BearerTokenOf(std::string_view authorization);

}  // namespace slotplanner
