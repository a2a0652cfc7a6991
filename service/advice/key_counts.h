// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "service/advice/heavy_hitters.h"
#include "service/slots/hash_slot.h"

namespace slotplanner {

// What is kept of any number of keys: how many are in each slot, what they
// weigh, and their heaviest hash tags. Sums end at the largest int64 instead of
// flowing over: of the largest weight that is after 8 million keys. 0.5 to 3
// MiB, all of it on the heap. Not thread-safe.
class KeyCounts {
 public:
  // The most that a key can weigh: 1 TiB, if it is bytes.
  static constexpr int64_t kMaxWeight = int64_t{1} << 40;

  // What has been counted, for taking it elsewhere and back.
  struct Counters {
    // By slot; always 16384.
    std::vector<int64_t> keys = std::vector<int64_t>(kHashSlotCount);
    // By slot; empty as long as each key weighs 1.
    std::vector<int64_t> weights = {};
    // The sum of the squares of all weights; with `weights` only.
    double squared_weights = 0;
    // The largest weight; with `weights` only.
    int64_t max_weight = 0;
    // How many keys have a hash tag.
    int64_t tagged_keys = 0;
    // Hash tags by keys, and by weight with `weights` only.
    HeavyHitters tags_by_keys = {};
    HeavyHitters tags_by_weight = {};
  };

  KeyCounts() = default;

  // Goes on from there. Requires: as `Counters` says, and no negative number.
  explicit KeyCounts(Counters counters);

  // Counts a key. O(key size); allocates only while hash tags are new to it.
  // Requires: 0 <= weight <= kMaxWeight.
  void Add(std::string_view key, int64_t weight = 1);

  // Adds what `other` has counted. O(slots + kept hash tags).
  void Merge(const KeyCounts& other);

  // How many keys there were.
  int64_t key_count() const { return key_count_; }

  // What they weigh together.
  int64_t weight() const { return is_weighted() ? weight_ : key_count_; }

  // Whether a key weighed something else than 1.
  bool is_weighted() const { return !counters_.weights.empty(); }

  // How many of the keys have a hash tag.
  int64_t tagged_key_count() const { return counters_.tagged_keys; }

  // The keys in a slot, and what they weigh.
  int64_t KeysOf(HashSlot slot) const { return counters_.keys[Index(slot)]; }
  int64_t WeightOf(HashSlot slot) const { return slot_weights()[Index(slot)]; }

  // The same of all slots, by their numbers.
  const std::vector<int64_t>& slot_keys() const { return counters_.keys; }
  const std::vector<int64_t>& slot_weights() const {
    return is_weighted() ? counters_.weights : counters_.keys;
  }

  // The sum of the squares of all weights.
  double squared_weights() const {
    return is_weighted() ? counters_.squared_weights
                         : static_cast<double>(key_count_);
  }

  // As many keys of equal weight are spread as unevenly by chance as these:
  // (sum of weights)^2 / sum of their squares, in [1, key_count()]. 0 if all
  // weigh nothing. From L. Kish, "Survey Sampling", 1965.
  double EffectiveCount() const;

  // The largest weight; 0 without any keys.
  int64_t max_weight() const {
    return is_weighted() ? counters_.max_weight : key_count_ > 0 ? 1 : 0;
  }

  // The square of the largest weight, as a share of the sum of all squares; 0
  // if each key weighs 1. See `ChanceCount`.
  double HeaviestShare() const;

  // Hash tags, without their braces, by the number of keys and by weight.
  const HeavyHitters& tags_by_keys() const { return counters_.tags_by_keys; }
  const HeavyHitters& tags_by_weight() const {
    return is_weighted() ? counters_.tags_by_weight : counters_.tags_by_keys;
  }

 private:
  static size_t Index(HashSlot slot) {
    return static_cast<size_t>(slot.value());
  }

  // From here on, weights are not the numbers of keys.
  void BeginWeights();

  Counters counters_;
  int64_t key_count_ = 0;
  int64_t weight_ = 0;  // With weights only.
};

}  // namespace slotplanner
