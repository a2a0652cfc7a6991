// SPDX-License-Identifier: Apache-2.0
#include "server/heap.h"

#include <malloc.h>

namespace slotplanner {
namespace {

// Less than this is not worth a thought.
constexpr size_t kMinReturnedBytes = 4 << 20;

}  // namespace

void ApplyHeapSettings() {
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 32 << 20);
}

std::optional<HeapBytes> CurrentHeap() {
#ifdef __GLIBC__
  const struct mallinfo2 info = mallinfo2();
  return HeapBytes{.used = info.uordblks + info.hblkhd, .free = info.fordblks};
#else
  return std::nullopt;
#endif
}

void ReturnFreeHeap() {
#ifdef __GLIBC__
  const auto heap = CurrentHeap();
  if (heap && heap->free >= kMinReturnedBytes) malloc_trim(0);
#endif
}

}  // namespace slotplanner
