// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace slotplanner {

// What is hashed of `key` by the letter of rule A2, without our tag search.
inline std::string_view HashedByTheRules(std::string_view key) {
  for (size_t open = 0; open < key.size(); ++open) {
    if (key[open] != '{') continue;
    for (size_t close = open + 1; close < key.size(); ++close) {
      if (key[close] != '}') continue;
      if (close == open + 1) return key;
      return key.substr(open + 1, close - open - 1);
    }
    return key;
  }
  return key;
}

}  // namespace slotplanner
