// SPDX-License-Identifier: Apache-2.0
#include "service/resp/rotating_tls_context.h"

#include <memory>
#include <mutex>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace slotplanner {

RotatingTlsContext::RotatingTlsContext(TlsFiles files)
    : files_(std::move(files)) {}

absl::StatusOr<std::shared_ptr<const TlsContext>>
RotatingTlsContext::Current() {
  const std::lock_guard lock(mutex_);
  // Before they are read: a file that changes in between is read again.
  const FileStates states = {StateOfFile(files_.ca_file),
                             StateOfFile(files_.certificate_file),
                             StateOfFile(files_.key_file)};
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

}  // namespace slotplanner
