// SPDX-License-Identifier: Apache-2.0
#include "service/slots/key_groups.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <limits>
#include <memory>
#include <utility>

namespace slotplanner {
namespace {

// The two classes below tally the keys of each slot. `ReplaceTallies` calls
// `replace` with every slot that has keys, ascending, and its tally, which then
// is what `replace` returns. Tallies begin as the slots' numbers of keys. Once
// they are the positions of the slots' first indexes, `PlaceIndexes` puts every
// index where it belongs, those of a slot in ascending order.

// For few keys, which it sorts. No memory from the heap.
class FewTallies {
 public:
  // Beyond, it is faster to clear and to read tallies for all slots.
  static constexpr size_t kMaxKeys = 512;

  explicit FewTallies(std::span<const HashSlot> slots)
      : key_count_(slots.size()) {
    for (size_t i = 0; i < key_count_; ++i) {
      keys_[i] = static_cast<uint32_t>(slots[i].value()) << 16 |
                 static_cast<uint32_t>(i);
    }
    Sort();
    for (size_t i = 0; i < key_count_; ++i) {
      if (IsFirstOfSlot(i)) tallies_[slot_count_++] = 0;
      ++tallies_[slot_count_ - 1];
    }
  }

  size_t slot_count() const { return slot_count_; }

  template <typename Replace>
  void ReplaceTallies(Replace replace) {
    int32_t* tally = tallies_.data();
    for (size_t i = 0; i < key_count_; ++i) {
      if (IsFirstOfSlot(i)) {
        *tally = replace(*HashSlot::FromNumber(keys_[i] >> 16), *tally);
        ++tally;
      }
    }
  }

  std::vector<int32_t> PlaceIndexes() {
    std::vector<int32_t> indexes(key_count_);
    int32_t position = 0;
    const int32_t* tally = tallies_.data();
    for (size_t i = 0; i < key_count_; ++i) {
      if (IsFirstOfSlot(i)) position = *tally++;
      indexes[static_cast<size_t>(position++)] =
          static_cast<int32_t>(keys_[i] & 0xffff);
    }
    return indexes;
  }

 private:
  // A slot and, in the lower 16 bits, the index of a key in it.
  using Keys = std::array<uint32_t, kMaxKeys>;

  static constexpr int kDigitBits = 7;  // Two digits are a slot.

  // The outcome of comparing random slots cannot be predicted: two passes that
  // compare nothing are faster, five times so at 256 keys.
  void Sort() {
    if (key_count_ <= 16) {
      std::sort(keys_.begin(), keys_.begin() + key_count_);
    } else {
      Keys half_sorted;
      SortByDigit<16>(keys_, half_sorted);
      SortByDigit<16 + kDigitBits>(half_sorted, keys_);
    }
  }

  // Puts `from` into `to`, ordered by half of a slot's bits and else as before.
  template <int kShift>
  void SortByDigit(const Keys& from, Keys& to) const {
    constexpr size_t kDigits = 1 << kDigitBits;
    std::array<uint32_t, kDigits + 1> begin = {};
    for (size_t i = 0; i < key_count_; ++i) {
      ++begin[(from[i] >> kShift) % kDigits + 1];
    }
    for (size_t digit = 0; digit < kDigits; ++digit) {
      begin[digit + 1] += begin[digit];
    }
    for (size_t i = 0; i < key_count_; ++i) {
      to[begin[(from[i] >> kShift) % kDigits]++] = from[i];
    }
  }

  bool IsFirstOfSlot(size_t i) const {
    return i == 0 || keys_[i] >> 16 != keys_[i - 1] >> 16;
  }

  size_t key_count_;
  size_t slot_count_ = 0;
  Keys keys_;
  std::array<int32_t, kMaxKeys> tallies_;
};

// For many keys: a counting sort. Takes no memory for each key; `Tally` holds
// the number of keys. 16 bits of it keep the tallies in the first-level cache.
template <typename Tally>
class ManyTallies {
 public:
  static constexpr size_t kMaxKeys = std::numeric_limits<Tally>::max();

  explicit ManyTallies(std::span<const HashSlot> slots)
      : slots_(slots), tallies_(std::make_unique<Tally[]>(kHashSlotCount)) {
    for (const HashSlot slot : slots) {
      const auto s = static_cast<size_t>(slot.value());
      ++tallies_[s];
      occupied_[s / 64] |= uint64_t{1} << (s % 64);
    }
  }

  size_t slot_count() const {
    int count = 0;
    for (const uint64_t word : occupied_) count += std::popcount(word);
    return static_cast<size_t>(count);
  }

  template <typename Replace>
  void ReplaceTallies(Replace replace) {
    for (size_t w = 0; w < occupied_.size(); ++w) {
      for (uint64_t word = occupied_[w]; word != 0; word &= word - 1) {
        const int slot = static_cast<int>(w) * 64 + std::countr_zero(word);
        Tally& tally = tallies_[static_cast<size_t>(slot)];
        tally = static_cast<Tally>(
            replace(*HashSlot::FromNumber(slot), static_cast<int32_t>(tally)));
      }
    }
  }

  std::vector<int32_t> PlaceIndexes() {
    std::vector<int32_t> indexes(slots_.size());
    for (size_t i = 0; i < slots_.size(); ++i) {
      const auto s = static_cast<size_t>(slots_[i].value());
      indexes[tallies_[s]++] = static_cast<int32_t>(i);
    }
    return indexes;
  }

 private:
  std::span<const HashSlot> slots_;
  std::unique_ptr<Tally[]> tallies_;
  // A bit for every slot that has keys. Passing over the others one by one
  // would be slower: whether the next one has keys cannot be predicted.
  std::array<uint64_t, kHashSlotCount / 64> occupied_ = {};
};

// What `group` makes of the tallies that suit so many keys.
template <typename Group>
KeyGroups WithTallies(std::span<const HashSlot> slots, Group group) {
  if (slots.size() <= FewTallies::kMaxKeys) return group(FewTallies(slots));
  if (slots.size() <= ManyTallies<uint16_t>::kMaxKeys) {
    return group(ManyTallies<uint16_t>(slots));
  }
  return group(ManyTallies<uint32_t>(slots));
}

}  // namespace

KeyGroups GroupKeysBySlot(std::span<const HashSlot> slots) {
  return WithTallies(slots, [](auto tallies) {
    KeyGroups result;
    result.groups.reserve(tallies.slot_count());
    int32_t next = 0;
    tallies.ReplaceTallies([&](HashSlot slot, int32_t count) {
      result.groups.push_back(
          {.lowest_slot = slot, .owner = 0, .first = next, .count = count});
      return std::exchange(next, next + count);
    });
    result.key_indexes = tallies.PlaceIndexes();
    return result;
  });
}

KeyGroups GroupKeysByOwner(std::span<const HashSlot> slots, int owner_count,
                           absl::FunctionRef<int(HashSlot)> owner_of) {
  return WithTallies(slots, [&](auto tallies) {
    KeyGroups result;
    // Groups open in the order of their lowest slots, because slots ascend.
    std::vector<int> group_of_owner(static_cast<size_t>(owner_count), -1);
    std::vector<int> group_of_slot;  // Of slots that have keys, ascending.
    group_of_slot.reserve(tallies.slot_count());
    // First to positions within the groups, whose beginnings depend on all.
    tallies.ReplaceTallies([&](HashSlot slot, int32_t count) {
      const int owner = owner_of(slot);
      int& index = group_of_owner[static_cast<size_t>(owner)];
      if (index < 0) {
        index = static_cast<int>(result.groups.size());
        result.groups.push_back(
            {.lowest_slot = slot, .owner = owner, .first = 0, .count = 0});
      }
      group_of_slot.push_back(index);
      int32_t& next = result.groups[static_cast<size_t>(index)].count;
      return std::exchange(next, next + count);
    });
    int32_t next = 0;
    for (KeyGroups::Group& group : result.groups) {
      group.first = std::exchange(next, next + group.count);
    }
    const int* index = group_of_slot.data();
    tallies.ReplaceTallies([&](HashSlot, int32_t position) {
      return result.groups[static_cast<size_t>(*index++)].first + position;
    });
    result.key_indexes = tallies.PlaceIndexes();
    return result;
  });
}

}  // namespace slotplanner
