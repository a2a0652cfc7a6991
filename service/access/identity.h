// SPDX-License-Identifier: Apache-2.0
// Identities are subject alternative names of client certificates as text: DNS
// names, URIs (SPIFFE IDs are some), IP addresses, email addresses.
#pragma once

#include <string_view>

namespace slotplanner {

// Whether `text` is an identity or a wildcard of them:
// - `*.` and a DNS name: any one label before that name;
// - a URI with an authority that ends in `/*`: all URIs below that path;
// - anything else, 1 to 2048 printable ASCII characters without spaces and
//   without `*`: that identity. 2048 is the most that a SPIFFE ID may have
//   (SPIFFE-ID, section 2.3).
bool IsIdentityPattern(std::string_view text);

// Whether `identity`, as a verified certificate has it, is meant by `pattern`.
// DNS names are compared without case, all else byte by byte. An identity that
// has a `*` itself, such as the wildcard name of a web server, is nobody's, and
// so is a URI with empty, `.` or `..` segments below a wildcard's path.
// Requires: IsIdentityPattern(pattern).
bool MatchesIdentity(std::string_view pattern, std::string_view identity);

}  // namespace slotplanner
