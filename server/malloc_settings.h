// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace slotplanner {

// Lets glibc keep the memory that requests of some hundred KiB free for the
// next ones. By default it hands blocks from 128 KiB on back to the system, and
// the next request pays for their pages again: a tenth to a fifth of the CPU
// time of calls with 10,000 keys (`bench/server_load`). Kept are up to 32 MiB
// for each of malloc's arenas; blocks from 1 MiB on still go back at once.
//
// jemalloc and tcmalloc gain as much and keep more. Called at the start of
// `main`. No effect with another malloc.
void ApplyMallocSettings();

}  // namespace slotplanner
