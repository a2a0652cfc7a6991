// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace slotplanner {

// What a change of a file shows in; all 0 if there is none. The time of the
// last change of its inode finds also a new file with an old file's time, and
// one that may be read only now.
struct FileState {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t size = 0;            // Bytes.
  int64_t modify_time_ns = 0;  // Since the epoch.
  int64_t change_time_ns = 0;  // Since the epoch.

  friend bool operator==(const FileState&, const FileState&) = default;
};

// The state of the file that `path` leads to now: one stat(2). Take it before
// the file is read, so that a change in between is found the next time.
FileState StateOfFile(const std::string& path);

}  // namespace slotplanner
