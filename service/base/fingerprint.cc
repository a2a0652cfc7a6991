// SPDX-License-Identifier: Apache-2.0
#include "service/base/fingerprint.h"

#include <array>
#include <cassert>
#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"

namespace slotplanner {

std::string Fingerprint(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  [[maybe_unused]] const int ok =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr,
                 EVP_sha256(), nullptr);
  assert(ok == 1);  // Fails only without memory.
  constexpr size_t kFingerprintBytes = 16;
  return absl::BytesToHexString(absl::string_view(
      reinterpret_cast<const char*>(digest.data()), kFingerprintBytes));
}

}  // namespace slotplanner
