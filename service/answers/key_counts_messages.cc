// SPDX-License-Identifier: Apache-2.0
#include "service/answers/key_counts_messages.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <utility>

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "service/advice/heavy_hitters.h"
#include "service/advice/saturating_add.h"
#include "service/answers/wire_reader.h"
#include "service/slots/hash_slot.h"

namespace slotplanner {
namespace {

using MaybeError = std::optional<ApiError>;
using Tags = google::protobuf::RepeatedPtrField<v1::TagCount>;
using Numbers = google::protobuf::RepeatedField<int64_t>;

constexpr int64_t kMaxCount = std::numeric_limits<int64_t>::max();
constexpr auto kMaxTags = static_cast<int64_t>(HeavyHitters::kMaxItems);
constexpr auto kMaxTagBytes = static_cast<int64_t>(HeavyHitters::kMaxItemBytes);

// Slots, keys and weights of 3, 9 and 9 bytes for 16384 slots, and two times
// 4,096 tags of 256 bytes with 17 around them are 2.6 MiB.
constexpr size_t kMaxBytes = size_t{3} << 20;

void FillTags(const HeavyHitters& tags, Tags& messages) {
  for (HeavyHitters::Item& item : tags.Top(HeavyHitters::kMaxItems)) {
    v1::TagCount& message = *messages.Add();
    message.set_tag(std::move(item.item));
    message.set_count(item.count);
  }
}

// The most that a hash tag can have, if none is told.
int64_t ErrorWithoutTags(const HeavyHitters& tags) {
  const auto heaviest = tags.Top(1);
  return heaviest.empty() ? tags.max_error()
                          : SaturatingAdd(tags.max_error(), heaviest[0].count);
}

MaybeError CheckNumber(std::string_view field, int64_t number) {
  if (number >= 0) return std::nullopt;
  return OutOfRangeError(field, number, 0, kMaxCount);
}

MaybeError CheckNumbers(std::string_view field, const Numbers& numbers,
                        int slot_count) {
  if (numbers.size() != slot_count) {
    return UnequalCountsError(field, numbers.size(), "counts.slots",
                              slot_count);
  }
  for (const int64_t number : numbers) {
    if (auto error = CheckNumber(field, number)) return error;
  }
  return std::nullopt;
}

MaybeError CheckSlots(const google::protobuf::RepeatedField<int32_t>& slots) {
  int64_t next = 0;
  for (const int32_t slot : slots) {
    if (slot < next || slot >= kHashSlotCount) {
      return OutOfRangeError("counts.slots", slot,
                             std::min<int64_t>(next, kHashSlotCount - 1),
                             kHashSlotCount - 1);
    }
    next = int64_t{slot} + 1;
  }
  return std::nullopt;
}

MaybeError CheckTags(std::string_view field, const Tags& tags) {
  if (tags.size() > kMaxTags) {
    return TooManyError(field, "hash tags", tags.size(), kMaxTags);
  }
  for (const v1::TagCount& tag : tags) {
    const auto bytes = static_cast<int64_t>(tag.tag().size());
    if (bytes > kMaxTagBytes) {
      return TooManyError(field, "bytes in a hash tag", bytes, kMaxTagBytes);
    }
    if (auto error = CheckNumber(field, tag.count())) return error;
  }
  return std::nullopt;
}

MaybeError CheckSquares(double squares) {
  if (squares >= 0 && std::isfinite(squares)) return std::nullopt;
  return OutOfRangeError("counts.squared_weights",
                         squares < 0 ? -kMaxCount : kMaxCount, 0,
                         kMaxCount - 1);
}

MaybeError Check(const v1::KeyCounts& message) {
  if (auto error = CheckSlots(message.slots())) return error;
  const int slots = message.slots_size();
  if (auto error = CheckNumbers("counts.keys", message.keys(), slots)) {
    return error;
  }
  if (!message.weights().empty()) {
    if (auto error = CheckNumbers("counts.weights", message.weights(), slots)) {
      return error;
    }
  }
  if (auto error = CheckSquares(message.squared_weights())) return error;
  if (message.max_weight() < 0 ||
      message.max_weight() > KeyCounts::kMaxWeight) {
    return OutOfRangeError("counts.max_weight", message.max_weight(), 0,
                           KeyCounts::kMaxWeight);
  }
  if (auto error = CheckTags("counts.tags_by_keys", message.tags_by_keys())) {
    return error;
  }
  if (auto error =
          CheckTags("counts.tags_by_weight", message.tags_by_weight())) {
    return error;
  }
  for (const auto& [field, number] :
       {std::pair<std::string_view, int64_t>("counts.tagged_keys",
                                             message.tagged_keys()),
        {"counts.key_error", message.key_error()},
        {"counts.weight_error", message.weight_error()}}) {
    if (auto error = CheckNumber(field, number)) return error;
  }
  return std::nullopt;
}

HeavyHitters ReadTags(const Tags& tags, int64_t error) {
  HeavyHitters read;
  for (const v1::TagCount& tag : tags) {
    if (tag.count() > 0) read.Add(tag.tag(), tag.count());
  }
  read.AddError(error);
  return read;
}

// Parsing takes most memory where small messages are many.
MaybeError CheckTagNumbers(std::string_view bytes) {
  constexpr auto kByKeys =
      WireReader::BytesTag(v1::KeyCounts::kTagsByKeysFieldNumber);
  constexpr auto kByWeight =
      WireReader::BytesTag(v1::KeyCounts::kTagsByWeightFieldNumber);
  google::protobuf::io::ArrayInputStream stream(bytes.data(),
                                                static_cast<int>(bytes.size()));
  std::deque<std::string> none;  // The bytes are one piece.
  WireReader reader(stream, bytes.size(), none);
  int64_t by_keys = 0;
  int64_t by_weight = 0;
  while (true) {
    const auto count_one = [](int64_t& count) {
      return [&count](std::string_view /*tag*/) {
        ++count;
        return true;
      };
    };
    reader.TakeRun(kByKeys, count_one(by_keys));
    reader.TakeRun(kByWeight, count_one(by_weight));
    const WireReader::Tag tag = reader.NextTag();
    if (tag == WireReader::kEnd) break;
    std::string field;
    if (tag == WireReader::kGaveUp || !reader.CopyField(tag, field)) {
      return MalformedRequestError(v1::KeyCounts::descriptor()->full_name());
    }
    by_keys += tag == kByKeys ? 1 : 0;
    by_weight += tag == kByWeight ? 1 : 0;
  }
  if (by_keys > kMaxTags) {
    return TooManyError("counts.tags_by_keys", "hash tags", by_keys, kMaxTags);
  }
  if (by_weight > kMaxTags) {
    return TooManyError("counts.tags_by_weight", "hash tags", by_weight,
                        kMaxTags);
  }
  return std::nullopt;
}

}  // namespace

void FillKeyCounts(const KeyCounts& counts, bool show_keys,
                   v1::KeyCounts& message) {
  for (size_t slot = 0; slot < counts.slot_keys().size(); ++slot) {
    const int64_t keys = counts.slot_keys()[slot];
    const int64_t weight = counts.slot_weights()[slot];
    if (keys == 0 && weight == 0) continue;
    message.add_slots(static_cast<int32_t>(slot));
    message.add_keys(keys);
    if (counts.is_weighted()) message.add_weights(weight);
  }
  message.set_squared_weights(counts.squared_weights());
  if (counts.is_weighted()) message.set_max_weight(counts.max_weight());
  message.set_tagged_keys(counts.tagged_key_count());
  const HeavyHitters& by_keys = counts.tags_by_keys();
  const HeavyHitters& by_weight = counts.tags_by_weight();
  message.set_key_error(show_keys ? by_keys.max_error()
                                  : ErrorWithoutTags(by_keys));
  if (counts.is_weighted()) {
    message.set_weight_error(show_keys ? by_weight.max_error()
                                       : ErrorWithoutTags(by_weight));
  }
  if (!show_keys) return;
  FillTags(by_keys, *message.mutable_tags_by_keys());
  if (counts.is_weighted()) {
    FillTags(by_weight, *message.mutable_tags_by_weight());
  }
}

MaybeError AddKeyCounts(const v1::KeyCounts& message, KeyCounts& counts) {
  if (auto error = Check(message)) return error;
  KeyCounts::Counters counters;
  const bool is_weighted = !message.weights().empty();
  if (is_weighted) counters.weights.resize(kHashSlotCount);
  for (int i = 0; i < message.slots_size(); ++i) {
    const auto slot = static_cast<size_t>(message.slots(i));
    counters.keys[slot] = message.keys(i);
    if (is_weighted) counters.weights[slot] = message.weights(i);
  }
  counters.tagged_keys = message.tagged_keys();
  counters.tags_by_keys = ReadTags(message.tags_by_keys(), message.key_error());
  if (is_weighted) {
    counters.squared_weights = message.squared_weights();
    counters.max_weight = message.max_weight();
    counters.tags_by_weight =
        ReadTags(message.tags_by_weight(), message.weight_error());
  }
  counts.Merge(KeyCounts(std::move(counters)));
  return std::nullopt;
}

MaybeError AddSerializedKeyCounts(std::string_view bytes, KeyCounts& counts) {
  if (bytes.size() > kMaxBytes) {
    return TooManyError("counts", "bytes of counts",
                        static_cast<int64_t>(bytes.size()),
                        static_cast<int64_t>(kMaxBytes));
  }
  if (auto error = CheckTagNumbers(bytes)) return error;
  v1::KeyCounts message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return MalformedRequestError(v1::KeyCounts::descriptor()->full_name());
  }
  return AddKeyCounts(message, counts);
}

}  // namespace slotplanner
