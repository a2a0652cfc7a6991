// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/base/file_state.h"
#include "service/resp/tls_context.h"

namespace slotplanner {

// The TLS context of files that are replaced now and then, because certificates
// expire. Thread-safe.
class RotatingTlsContext {
 public:
  explicit RotatingTlsContext(TlsFiles files);

  // The context of the files as they are, which are read again only when one of
  // them has changed: three stat(2) otherwise. Files that cannot be used, such
  // as a new certificate whose key is not there yet, leave the last good
  // context in use. Fails as `TlsContext::Load` does, as long as there has been
  // no good one.
  absl::StatusOr<std::shared_ptr<const TlsContext>> Current();

  // What reading the files came to the last time. When it failed, new
  // connections are made with files that are no longer there.
  absl::Status load_status() const;

 private:
  using FileStates = std::array<FileState, 3>;

  const TlsFiles files_;
  mutable std::mutex mutex_;
  // Guarded by mutex_, as all below. Nothing before the first look.
  std::optional<FileStates> states_;
  absl::Status load_status_;
  std::shared_ptr<const TlsContext> context_;  // Null until files were good.
};

}  // namespace slotplanner
