// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace slotplanner {

// Where a hash tag lies within its key, in bytes.
struct HashTag {
  size_t offset;
  size_t length;  // At least 1.

  friend bool operator==(const HashTag&, const HashTag&) = default;
};

// The hash tag of `key`: the bytes between the first '{' and the first '}'
// behind it, if there is at least one (rule A2). From the cluster
// specification, "Hash tags". O(key size).
std::optional<HashTag> FindHashTag(std::string_view key);

// The bytes of `key` that are hashed: its hash tag if it has one, else all.
inline std::string_view HashedPart(std::string_view key) {
  const auto tag = FindHashTag(key);
  return tag ? key.substr(tag->offset, tag->length) : key;
}

}  // namespace slotplanner
