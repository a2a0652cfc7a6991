// SPDX-License-Identifier: Apache-2.0
#include "service/advice/heavy_hitters.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/hash/hash.h"
#include "service/advice/saturating_add.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

// A bucket holds the index of an entry plus 1 in its lower 13 bits, and the
// upper 19 bits of the entry's hash, so that entries of other items are hardly
// ever looked at. 0 is an empty bucket. Twice as many buckets as entries, so
// that the average look-up ends at the second.
constexpr int kIndexBits = 13;
constexpr uint32_t kIndexMask = (uint32_t{1} << kIndexBits) - 1;
constexpr size_t kBuckets = size_t{1} << kIndexBits;
static_assert(2 * HeavyHitters::kMaxItems == kBuckets);

constexpr uint32_t Fingerprint(uint64_t hash) {
  return static_cast<uint32_t>(hash >> 32) & ~kIndexMask;
}

constexpr size_t FirstBucket(uint64_t hash) { return hash % kBuckets; }
constexpr size_t NextBucket(size_t bucket) { return (bucket + 1) % kBuckets; }

// Differs from process to process, so that nobody can choose items that are
// slow to find.
uint64_t HashOf(std::string_view item) {
  return absl::Hash<absl::string_view>()(ToAbsl(item));
}

// The count that `rank` others come before in descending order.
int64_t CountOfRank(std::vector<int64_t>& counts, size_t rank) {
  const auto place = counts.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(counts.begin(), place, counts.end(), std::greater<>());
  return *place;
}

}  // namespace

void HeavyHitters::Add(std::string_view item, int64_t count) {
  if (item.size() > kMaxItemBytes) {
    untracked_ = SaturatingAdd(untracked_, count);
    return;
  }
  if (buckets_.empty()) buckets_.resize(kBuckets);
  const uint64_t hash = HashOf(item);
  const size_t bucket = BucketOf(item, hash);
  if (buckets_[bucket] != 0) {
    int64_t& counted = entries_[(buckets_[bucket] & kIndexMask) - 1].count;
    counted = SaturatingAdd(counted, count);
    return;
  }
  Append(item, hash, count, bucket);
  if (entries_.size() <= kMaxItems) return;
  std::vector<int64_t> counts;
  counts.reserve(entries_.size());
  for (const Entry& entry : entries_) counts.push_back(entry.count);
  TakeFromAll(CountOfRank(counts, kMaxItems / 2));
}

void HeavyHitters::Merge(const HeavyHitters& other) {
  const int64_t other_taken = other.taken_;
  untracked_ = SaturatingAdd(untracked_, other.untracked_);
  std::vector<Entry> missing;  // With their offsets in `other`.
  for (const Entry& entry : other.entries_) {
    if (CountOf(other.BytesOf(entry)) == 0) missing.push_back(entry);
  }
  std::vector<int64_t> counts;
  counts.reserve(entries_.size() + missing.size());
  for (Entry& entry : entries_) {
    entry.count = SaturatingAdd(entry.count, other.CountOf(BytesOf(entry)));
    counts.push_back(entry.count);
  }
  for (const Entry& entry : missing) counts.push_back(entry.count);
  // At least kMaxItems + 1 items lose this, so the bound holds all the more.
  const int64_t taken =
      counts.size() > kMaxItems ? CountOfRank(counts, kMaxItems) : 0;
  if (taken > 0) TakeFromAll(taken);
  taken_ = SaturatingAdd(taken_, other_taken);
  if (buckets_.empty()) buckets_.resize(kBuckets);
  for (const Entry& entry : missing) {
    if (entry.count <= taken) continue;
    const std::string_view item = other.BytesOf(entry);
    Append(item, entry.hash, entry.count - taken, BucketOf(item, entry.hash));
  }
}

void HeavyHitters::AddError(int64_t error) {
  taken_ = SaturatingAdd(taken_, error);
}

std::vector<HeavyHitters::Item> HeavyHitters::Top(size_t max) const {
  std::vector<const Entry*> order;
  order.reserve(entries_.size());
  for (const Entry& entry : entries_) order.push_back(&entry);
  const size_t count = std::min(max, order.size());
  std::partial_sort(order.begin(),
                    order.begin() + static_cast<std::ptrdiff_t>(count),
                    order.end(), [this](const Entry* a, const Entry* b) {
                      return a->count != b->count ? a->count > b->count
                                                  : BytesOf(*a) < BytesOf(*b);
                    });
  std::vector<Item> top;
  top.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    top.push_back({std::string(BytesOf(*order[i])), order[i]->count});
  }
  return top;
}

int64_t HeavyHitters::CountOf(std::string_view item) const {
  if (entries_.empty()) return 0;
  const uint32_t found = buckets_[BucketOf(item, HashOf(item))];
  return found == 0 ? 0 : entries_[(found & kIndexMask) - 1].count;
}

size_t HeavyHitters::BucketOf(std::string_view item, uint64_t hash) const {
  size_t bucket = FirstBucket(hash);
  for (; buckets_[bucket] != 0; bucket = NextBucket(bucket)) {
    const uint32_t found = buckets_[bucket];
    if ((found & ~kIndexMask) != Fingerprint(hash)) continue;
    if (BytesOf(entries_[(found & kIndexMask) - 1]) == item) break;
  }
  return bucket;
}

void HeavyHitters::Append(std::string_view item, uint64_t hash, int64_t count,
                          size_t bucket) {
  entries_.push_back({.hash = hash,
                      .count = count,
                      .offset = static_cast<uint32_t>(bytes_.size()),
                      .size = static_cast<uint32_t>(item.size())});
  bytes_ += item;
  buckets_[bucket] = Fingerprint(hash) | static_cast<uint32_t>(entries_.size());
}

void HeavyHitters::TakeFromAll(int64_t count) {
  taken_ = SaturatingAdd(taken_, count);
  std::fill(buckets_.begin(), buckets_.end(), 0);
  size_t kept = 0;
  size_t kept_bytes = 0;
  for (Entry entry : entries_) {
    if (entry.count <= count) continue;
    entry.count -= count;
    std::copy_n(bytes_.begin() + entry.offset, entry.size,
                bytes_.begin() + static_cast<std::ptrdiff_t>(kept_bytes));
    entry.offset = static_cast<uint32_t>(kept_bytes);
    kept_bytes += entry.size;
    entries_[kept++] = entry;
    buckets_[BucketOf(BytesOf(entry), entry.hash)] =
        Fingerprint(entry.hash) | static_cast<uint32_t>(kept);
  }
  entries_.resize(kept);
  bytes_.resize(kept_bytes);
}

}  // namespace slotplanner
