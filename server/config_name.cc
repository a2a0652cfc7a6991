// SPDX-License-Identifier: Apache-2.0
#include "server/config_name.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"

namespace slotplanner {

bool IsConfigName(std::string_view name) {
  constexpr size_t kMaxBytes = 63;  // That of a DNS label.
  return !name.empty() && name.size() <= kMaxBytes &&
         absl::ascii_islower(static_cast<unsigned char>(name.front())) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_islower(static_cast<unsigned char>(c)) ||
                  absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
                  c == '-' || c == '_';
         });
}

}  // namespace slotplanner
