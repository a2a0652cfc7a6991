// SPDX-License-Identifier: Apache-2.0
#include "server/malloc_settings.h"

#include <malloc.h>

namespace slotplanner {

void ApplyMallocSettings() {
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 32 << 20);
}

}  // namespace slotplanner
