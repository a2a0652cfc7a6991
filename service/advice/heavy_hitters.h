// SPDX-License-Identifier: Apache-2.0
// The items of a stream that come most, in bounded memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slotplanner {

// Counts items exactly while there are at most `kMaxItems`. From there on it
// takes the median count from all whenever there is one more, and forgets those
// that have nothing left: what is kept is too low by the sum of the medians at
// most, and what is not kept came no more often than that.
//
// Whenever m is taken, each of at least kMaxItems / 2 + 1 items has had m or
// more, so that sum is less than a 2048th of all that was counted. What is kept
// depends on the items and their order alone. Not thread-safe.
//
// A hash table of 33 KiB, and 24 bytes and the bytes themselves for each item:
// about 200 KiB for items of 16 bytes, at most 1.2 MiB.
//
// The algorithm is the weighted one of Misra and Gries in the form of
// Anderson et al., "A High-Performance Algorithm for Identifying Frequent Items
// in Data Streams", 2017; that sums keep the bound is from Agarwal et al.,
// "Mergeable Summaries", 2012.
class HeavyHitters {
 public:
  // How many items are kept at most.
  static constexpr size_t kMaxItems = 4096;

  // Longer items are not kept; `max_error` covers them.
  static constexpr size_t kMaxItemBytes = 256;

  struct Item {
    std::string item;
    int64_t count;  // At least this much of it was counted.

    friend bool operator==(const Item&, const Item&) = default;
  };

  // Counts `item`. Counts end at the largest int64. Amortised O(item size); no
  // allocation once tables have grown. Requires: count > 0.
  void Add(std::string_view item, int64_t count);

  // Adds what `other` has counted, and its error. Which of two is added to the
  // other makes no difference. O(kept items).
  void Merge(const HeavyHitters& other);

  // Allows for counts from elsewhere that may be too low by `error`, or do not
  // name items that have as much. Requires: error >= 0.
  void AddError(int64_t error);

  // The count of an item is too low by at most this, and an item that is not
  // kept has no more. 0: all counts are exact and complete.
  int64_t max_error() const;

  // How many items are kept.
  size_t size() const { return entries_.size(); }

  // The `max` heaviest items, the heaviest first, those of one count in the
  // order of their bytes. O(n log n) of the kept items.
  std::vector<Item> Top(size_t max) const;

  // What was counted of `item`; 0 if it is not kept.
  int64_t CountOf(std::string_view item) const;

 private:
  struct Entry {
    size_t offset;  // Of its bytes in `bytes_`.
    uint32_t hash;
    uint32_t size;
    int64_t count;
  };

  // Twice as many as items, so that one is found after 1.5 looks on average.
  static constexpr size_t kBuckets = 2 * kMaxItems;
  static constexpr uint16_t kEmpty = 0;

  std::string_view BytesOf(const Entry& entry) const {
    return std::string_view(bytes_).substr(entry.offset, entry.size);
  }

  // Where `item` is, or the empty bucket where it belongs.
  size_t BucketOf(std::string_view item, uint32_t hash) const;
  // Takes `count` from all and forgets those that have nothing left.
  void Subtract(int64_t count);
  // The count that `rank` others are not above.
  int64_t CountOfRank(size_t rank) const;

  std::vector<Entry> entries_;   // In the order of `bytes_`.
  std::string bytes_;            // Of all items, one behind the other.
  std::vector<uint16_t> table_;  // Indexes into `entries_` plus 1; or kEmpty.
  int64_t error_ = 0;            // Of the items that can be kept.
  int64_t untracked_ = 0;        // Counts of items that are too long.
};

}  // namespace slotplanner
