// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace slotplanner {

// The SHA-256 of a bearer token, which is all that is kept of it.
struct TokenDigest {
  std::array<uint8_t, 32> bytes;
};

// The digest of `token`. Ends the process when OpenSSL has no SHA-256 or no
// memory: a digest of nothing must never be compared.
TokenDigest DigestOf(std::string_view token);

// Whether both are of the same token. Takes the same time whether they are or
// not, and wherever they differ.
bool IsSame(const TokenDigest& a, const TokenDigest& b);

}  // namespace slotplanner
