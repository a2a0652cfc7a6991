// SPDX-License-Identifier: Apache-2.0
// What glibc's malloc keeps, and how much of it. No effect and no figures with
// another malloc.
#pragma once

#include <cstddef>
#include <optional>

namespace slotplanner {

// Lets malloc keep the memory that requests of some hundred KiB free for the
// next ones. By default it hands blocks from 128 KiB on back to the system, and
// the next request pays for their pages again: a tenth to a fifth of the CPU
// time of calls with 10,000 keys (`bench/server_load`). Kept are up to 32 MiB
// for each of malloc's arenas; blocks from 1 MiB on still go back at once.
//
// jemalloc and tcmalloc gain as much and keep more. Called at the start of
// `main`.
void ApplyHeapSettings();

// The parts of malloc's memory, in bytes.
struct HeapBytes {
  size_t used;  // Handed out.
  size_t free;  // Kept for the next requests; may be in RAM or not.
};

// Thread-safe; each of malloc's arenas waits a moment.
std::optional<HeapBytes> CurrentHeap();

// Hands the pages of free memory back to the system, if that is worth it: what
// a burst needed does not stay for good. Later requests pay for them again, so
// once a minute is often enough. Thread-safe; takes milliseconds, in which
// other threads may wait for memory.
void ReturnFreeHeap();

}  // namespace slotplanner
