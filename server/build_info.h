// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace slotplanner {

// The version of this build, such as 0.1.0.
inline constexpr char kVersion[] = SLOTPLANNER_VERSION;

// What compiled it, such as `gcc 12.2.0`.
#if defined(__clang__)
inline constexpr char kCompiler[] = "clang " __clang_version__;
#else
inline constexpr char kCompiler[] = "gcc " __VERSION__;
#endif

}  // namespace slotplanner
