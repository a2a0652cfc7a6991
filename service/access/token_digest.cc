// SPDX-License-Identifier: Apache-2.0
#include "service/access/token_digest.h"

#include <cstdlib>

#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace slotplanner {

TokenDigest DigestOf(std::string_view token) {
  TokenDigest digest;
  if (EVP_Digest(token.data(), token.size(), digest.bytes.data(), nullptr,
                 EVP_sha256(), nullptr) != 1) {
    std::abort();
  }
  return digest;
}

bool IsSame(const TokenDigest& a, const TokenDigest& b) {
  return CRYPTO_memcmp(a.bytes.data(), b.bytes.data(), a.bytes.size()) == 0;
}

}  // namespace slotplanner
