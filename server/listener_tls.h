// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <grpcpp/security/server_credentials.h>
#include <prometheus/registry.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/listener_tls_files.h"

namespace slotplanner {

// The TLS side of listeners, whose files are replaced now and then because
// certificates expire. What new handshakes are made with is always a
// certificate that was valid, with its own key, when the files were read last
// with success. Thread-safe.
class ListenerTls {
 public:
  // Reads the files. INVALID_ARGUMENT says which of them cannot be used and
  // why, without a word of its content; so does a certificate that has expired
  // at `now`. `metrics` lives longer.
  static absl::StatusOr<std::unique_ptr<ListenerTls>> Load(
      const ListenerTlsFiles& files, absl::Time now,
      prometheus::Registry& metrics);

  ~ListenerTls();
  ListenerTls(const ListenerTls&) = delete;
  ListenerTls& operator=(const ListenerTls&) = delete;

  // For any number of listeners; TLS 1.2 or later, HTTP/2 only. Requires: this
  // outlives the servers that use them.
  std::shared_ptr<grpc::ServerCredentials> MakeCredentials();

  // Puts the files in place for new handshakes if they have changed; costs
  // three stat(2) otherwise. To be called about once a second. If they cannot
  // be used, such as a new certificate whose key is not there yet, what was in
  // place stays, and the files are tried again every time. Also fails when the
  // certificate in place has expired and there is no other. Logs each other
  // outcome once.
  absl::Status Reload(absl::Time now);

  // When the certificate in place expires.
  absl::Time expiry_time() const;

 private:
  class Credentials;
  class State;

  explicit ListenerTls(std::unique_ptr<State> state);

  const std::unique_ptr<State> state_;
};

}  // namespace slotplanner
