// SPDX-License-Identifier: Apache-2.0
#include "service/advice/key_counts.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "service/advice/saturating_add.h"
#include "service/slots/crc16.h"
#include "service/slots/hash_tag.h"

namespace slotplanner {
namespace {

int64_t SumOf(const std::vector<int64_t>& numbers) {
  int64_t sum = 0;
  for (const int64_t number : numbers) sum = SaturatingAdd(sum, number);
  return sum;
}

void AddTo(int64_t& sum, int64_t number) { sum = SaturatingAdd(sum, number); }

void AddEach(std::vector<int64_t>& sums, const std::vector<int64_t>& numbers) {
  for (size_t i = 0; i < sums.size(); ++i) AddTo(sums[i], numbers[i]);
}

}  // namespace

KeyCounts::KeyCounts(Counters counters)
    : counters_(std::move(counters)),
      key_count_(SumOf(counters_.keys)),
      weight_(SumOf(counters_.weights)) {}

void KeyCounts::Add(std::string_view key, int64_t weight) {
  if (weight != 1 && !is_weighted()) BeginWeights();
  const std::optional<HashTag> place = FindHashTag(key);
  const std::string_view tag =
      place ? key.substr(place->offset, place->length) : std::string_view();
  // The slot without a second search for the tag.
  const auto slot =
      static_cast<size_t>(Crc16(place ? tag : key) % kHashSlotCount);
  AddTo(key_count_, 1);
  AddTo(counters_.keys[slot], 1);
  if (place) {
    AddTo(counters_.tagged_keys, 1);
    counters_.tags_by_keys.Add(tag, 1);
  }
  if (!is_weighted()) return;
  AddTo(weight_, weight);
  AddTo(counters_.weights[slot], weight);
  counters_.squared_weights +=
      static_cast<double>(weight) * static_cast<double>(weight);
  counters_.max_weight = std::max(counters_.max_weight, weight);
  if (place && weight > 0) counters_.tags_by_weight.Add(tag, weight);
}

void KeyCounts::Merge(const KeyCounts& other) {
  if (other.is_weighted() && !is_weighted()) BeginWeights();
  if (is_weighted()) {
    counters_.squared_weights += other.squared_weights();
    counters_.tags_by_weight.Merge(other.tags_by_weight());
    counters_.max_weight = std::max(counters_.max_weight, other.max_weight());
    AddEach(counters_.weights, other.slot_weights());
    AddTo(weight_, other.weight());
  }
  counters_.tags_by_keys.Merge(other.tags_by_keys());
  AddTo(counters_.tagged_keys, other.tagged_key_count());
  AddEach(counters_.keys, other.slot_keys());
  AddTo(key_count_, other.key_count());
}

double KeyCounts::EffectiveCount() const {
  const auto sum = static_cast<double>(weight());
  if (sum <= 0) return 0;
  const auto keys = static_cast<double>(std::max<int64_t>(key_count(), 1));
  // Rounding, and counts from elsewhere, may lead beyond.
  return squared_weights() > 0
             ? std::clamp(sum * sum / squared_weights(), 1.0, keys)
             : keys;
}

double KeyCounts::HeaviestShare() const {
  if (!is_weighted() || squared_weights() <= 0) return 0;
  const auto heaviest = static_cast<double>(max_weight());
  return std::min(heaviest * heaviest / squared_weights(), 1.0);
}

void KeyCounts::BeginWeights() {
  counters_.max_weight = max_weight();
  counters_.weights = counters_.keys;
  counters_.squared_weights = static_cast<double>(key_count_);
  counters_.tags_by_weight = counters_.tags_by_keys;
  weight_ = key_count_;
}

}  // namespace slotplanner
