// SPDX-License-Identifier: Apache-2.0
// The items of a stream that come most, in bounded memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slotplanner {

// Counts items exactly while there are at most `kMaxItems`. From there on,
// whenever there is one more, it takes the median of the counts from all of
// them and forgets those that have nothing left: what is kept is too low by the
// sum of these medians at most, and what is not kept came no more often than
// that.
//
// Each time a median m is taken, at least kMaxItems / 2 + 1 items lose m, so
// that sum is less than a 2048th of all that was counted. What is kept depends
// on the items and their order alone. Not thread-safe.
//
// A hash table of 32 KiB, and 24 bytes and its own for each item: about 190 KiB
// for items of 16 bytes, at most 1.2 MiB; the vectors that hold them may have
// room for twice as much.
//
// The algorithm is the weighted one of Misra and Gries in the form of
// Anderson et al., "A High-Performance Algorithm for Identifying Frequent Items
// in Data Streams", 2017; that sums keep the bound is from Agarwal et al.,
// "Mergeable Summaries", 2012.
class HeavyHitters {
 public:
  // How many items are kept at most.
  static constexpr size_t kMaxItems = 4096;

  // Longer items are not kept. `max_error` covers them, at the cost of being as
  // large as all of them together.
  static constexpr size_t kMaxItemBytes = 256;

  struct Item {
    std::string item;
    int64_t count;  // At least this much of it was counted.

    friend bool operator==(const Item&, const Item&) = default;
  };

  // Counts `item`. Counts end at the largest int64. Amortised O(item size).
  // Requires: count > 0.
  void Add(std::string_view item, int64_t count);

  // Adds what `other` has counted, and its error. Which of two is added to the
  // other makes no difference. O(kept items).
  void Merge(const HeavyHitters& other);

  // Allows for counts from elsewhere: that each may be too low by `error`, and
  // that items with as much may be missing. Requires: error >= 0.
  void AddError(int64_t error);

  // The count of an item is too low by at most this, and an item that is not
  // kept has no more. 0: all counts are exact, and all items are here.
  int64_t max_error() const { return std::max(taken_, untracked_); }

  // How many items are kept.
  size_t size() const { return entries_.size(); }

  // The `max` heaviest items, the heaviest first, those of one count in the
  // order of their bytes. O(n log n) in kept items.
  std::vector<Item> Top(size_t max) const;

  // What was counted of `item`; 0 if it is not kept.
  int64_t CountOf(std::string_view item) const;

 private:
  struct Entry {
    uint64_t hash;
    int64_t count;
    uint32_t offset;  // Of its bytes in `bytes_`.
    uint32_t size;
  };

  std::string_view BytesOf(const Entry& entry) const {
    return std::string_view(bytes_).substr(entry.offset, entry.size);
  }

  // The bucket that `item` is in, or else the empty one where it belongs.
  size_t BucketOf(std::string_view item, uint64_t hash) const;
  // Requires: it is not kept yet, and belongs into this bucket.
  void Append(std::string_view item, uint64_t hash, int64_t count,
              size_t bucket);
  // Takes `count` from all, and forgets those that have nothing left.
  void TakeFromAll(int64_t count);

  std::vector<Entry> entries_;
  std::string bytes_;  // Those of all entries, in their order.
  // Open addressing; see the .cc. Empty before the first item.
  std::vector<uint32_t> buckets_;
  int64_t taken_ = 0;      // From each count, at most.
  int64_t untracked_ = 0;  // The counts of all items that are too long.
};

}  // namespace slotplanner
