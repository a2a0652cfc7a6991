// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <unistd.h>

namespace slotplanner {

// A descriptor that is closed with its owner. Not thread-safe.
class FileDescriptor {
 public:
  // Owns nothing.
  FileDescriptor() = default;

  // Owns `value`; a negative one, as system calls return it, is nothing.
  explicit FileDescriptor(int value) : value_(value) {}

  FileDescriptor(FileDescriptor&& other) noexcept
      : value_(std::exchange(other.value_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    FileDescriptor taken(std::move(other));
    std::swap(value_, taken.value_);
    return *this;
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  ~FileDescriptor() {
    if (is_open()) close(value_);
  }

  bool is_open() const { return value_ >= 0; }

  // Negative if it owns nothing.
  int value() const { return value_; }

  // Leaves it to the caller.
  int Release() { return std::exchange(value_, -1); }

 private:
  int value_ = -1;
};

}  // namespace slotplanner
