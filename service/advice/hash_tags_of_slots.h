// SPDX-License-Identifier: Apache-2.0
// From a slot back to hash tags: what to put in braces to place a key on
// purpose.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "service/slots/hash_slot.h"

namespace slotplanner {

// A hash tag, without its braces, and its slot.
struct PlacedHashTag {
  std::string tag;
  HashSlot slot;

  friend bool operator==(const PlacedHashTag&, const PlacedHashTag&) = default;
};

// The first `count` hash tags of `slot` that are ASCII letters and digits: the
// shorter first, those of one length in the order of their bytes. Three
// characters reach every slot, and give about 14 tags of each; four about 900.
// Takes 62 steps for each 14 tags, the start of each length included.
std::vector<std::string> HashTagsOfSlot(HashSlot slot, int count);

// `count` hash tags in slots that are spaced evenly over `slots`: in as many of
// these as there are tags, or in all of them, with numbers of tags that differ
// by one at most. In the order of `slots`, and of `HashTagsOfSlot` within one.
// Empty if there are no slots. Requires: `slots` ascends.
std::vector<PlacedHashTag> SpreadHashTags(std::span<const HashSlot> slots,
                                          int count);

}  // namespace slotplanner
