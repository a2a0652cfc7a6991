// SPDX-License-Identifier: Apache-2.0
#include "service/base/file_state.h"

#include <ctime>

#include <sys/stat.h>

namespace slotplanner {
namespace {

int64_t Nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

FileState StateOfFile(const std::string& path) {
  struct stat found = {};
  if (stat(path.c_str(), &found) != 0) return {};
  return {.device = found.st_dev,
          .inode = found.st_ino,
          .size = found.st_size,
          .modify_time_ns = Nanoseconds(found.st_mtim),
          .change_time_ns = Nanoseconds(found.st_ctim)};
}

}  // namespace slotplanner
