// SPDX-License-Identifier: Apache-2.0
#include "server/open_connections.h"

#include <sys/stat.h>

namespace slotplanner {
namespace {

// 0 if it is not open.
ino_t InodeOf(int descriptor) {
  struct stat info = {};
  return fstat(descriptor, &info) == 0 ? info.st_ino : 0;
}

}  // namespace

void OpenConnections::Add(int descriptor) {
  const auto index = static_cast<size_t>(descriptor);
  if (index >= inodes_.size()) inodes_.resize(index + 1, 0);
  if (inodes_[index] == 0) ++count_;
  inodes_[index] = InodeOf(descriptor);
}

void OpenConnections::Remove(int descriptor) {
  inodes_[static_cast<size_t>(descriptor)] = 0;
  --count_;
}

void OpenConnections::Sweep() {
  for (size_t index = 0; index < inodes_.size(); ++index) {
    if (inodes_[index] == 0) continue;
    if (InodeOf(static_cast<int>(index)) == inodes_[index]) continue;
    inodes_[index] = 0;
    --count_;
  }
}

}  // namespace slotplanner
