// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace slotplanner {

// 32 hexadecimal characters, the first half of a SHA-256. Equal bytes have
// equal fingerprints in every process; it is no secret and protects none.
std::string Fingerprint(std::string_view bytes);

}  // namespace slotplanner
