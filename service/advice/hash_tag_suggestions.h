// SPDX-License-Identifier: Apache-2.0
// Names under which keys that must be together share a slot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "service/slots/hash_slot.h"

namespace slotplanner {

enum class TagWarning : uint8_t {
  // The tag has nothing of one entity: all keys of this kind get into one slot,
  // so onto one node, however many there will be.
  kTooBroad = 1,
  // A key has braces that look like data (JSON, a template), and is hashed by
  // what is between them.
  kAccidentalTag = 2,
};

// One key and its new name.
struct KeyRenaming {
  size_t key_index;
  std::string new_key;

  friend bool operator==(const KeyRenaming&, const KeyRenaming&) = default;
};

// A hash tag that all keys of a group can have.
struct HashTagSuggestion {
  std::string tag;  // Without its braces.
  HashSlot slot;    // Of all keys then.
  // The keys whose names change, in ascending order of their indexes.
  std::vector<KeyRenaming> renamings;
  std::vector<TagWarning> warnings;  // In ascending order.
};

// Ways to put braces into `keys` so that all are in one slot, the best first:
// those of one entity before those that are too broad, then those that rename
// fewer keys, then those with the longer tag. A tag is text that all keys have,
// from one separator (`: . / - _ | #`) to another; a key loses braces that it
// has elsewhere. Each suggestion was checked: its keys hash to its slot, and
// keys that differ get names that differ. Empty if the keys have nothing in
// common. O(keys * key size) for each run of the first key's first 16 segments,
// which are 136 at most, and each tag that keys have. Requires: at least one
// key.
std::vector<HashTagSuggestion> SuggestHashTags(
    std::span<const std::string_view> keys, size_t max_suggestions);

}  // namespace slotplanner
