// SPDX-License-Identifier: Apache-2.0
#include "service/resp/rotating_tls_context.h"

#include <cstdint>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <sys/stat.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace slotplanner {
namespace {

int64_t Nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

RotatingTlsContext::RotatingTlsContext(TlsFiles files)
    : files_(std::move(files)) {}

absl::StatusOr<std::shared_ptr<const TlsContext>>
RotatingTlsContext::Current() {
  const std::lock_guard lock(mutex_);
  // Before they are read: a file that changes in between is read again.
  const FileStates states = {StateOf(files_.ca_file),
                             StateOf(files_.certificate_file),
                             StateOf(files_.key_file)};
  if (states_ != states) {
    states_ = states;
    absl::StatusOr<std::shared_ptr<const TlsContext>> loaded =
        TlsContext::Load(files_);
    load_status_ = loaded.status();
    if (loaded.ok()) context_ = *std::move(loaded);
  }
  if (context_ == nullptr) return load_status_;
  return context_;
}

absl::Status RotatingTlsContext::load_status() const {
  const std::lock_guard lock(mutex_);
  return load_status_;
}

RotatingTlsContext::FileState RotatingTlsContext::StateOf(
    const std::string& file) {
  struct stat found = {};
  if (file.empty() || stat(file.c_str(), &found) != 0) return {};
  return {.device = found.st_dev,
          .inode = found.st_ino,
          .size = found.st_size,
          .modify_time_ns = Nanoseconds(found.st_mtim),
          .change_time_ns = Nanoseconds(found.st_ctim)};
}

}  // namespace slotplanner
