// SPDX-License-Identifier: Apache-2.0
#include "server/heap.h"

#include <cstddef>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

namespace slotplanner {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

#ifndef __SANITIZE_ADDRESS__  // It brings an allocator of its own.

TEST(HeapTest, CountsWhatIsHandedOutAndWhatIsKept) {
  const HeapBytes before = CurrentHeap().value();
  // Too small for mappings of their own.
  std::vector<std::unique_ptr<char[]>> blocks;
  for (size_t i = 0; i < 16 * 1024; ++i) {
    blocks.push_back(std::make_unique<char[]>(1024));
  }
  EXPECT_GE(CurrentHeap()->used, before.used + 16 * kMiB);
  // The last one keeps the heap from shrinking.
  blocks.erase(blocks.begin(), blocks.end() - 1);
  EXPECT_LT(CurrentHeap()->used, before.used + kMiB);
  EXPECT_GE(CurrentHeap()->free, before.free + 15 * kMiB);
}

TEST(HeapTest, KeepsWhatIsInUseWhenItReturnsTheRest) {
  std::vector<std::unique_ptr<char[]>> blocks;
  for (size_t i = 0; i < 16 * 1024; ++i) {
    blocks.push_back(std::make_unique<char[]>(1024));
    blocks.back()[0] = static_cast<char>(i);
  }
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (i % 16 != 0) blocks[i] = nullptr;
  }
  const size_t used = CurrentHeap()->used;
  ReturnFreeHeap();
  EXPECT_EQ(CurrentHeap()->used, used);
  for (size_t i = 0; i < blocks.size(); i += 16) {
    EXPECT_EQ(blocks[i][0], static_cast<char>(i));
  }
}

#endif

// Under any allocator.
TEST(HeapTest, MayBeAskedAtAnyTime) {
  CurrentHeap();
  ReturnFreeHeap();
}

}  // namespace
}  // namespace slotplanner
