// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace slotplanner {

// Paths of PEM files, and what a client has to prove with its certificate.
struct ListenerTlsFiles {
  // Our certificate, with its chain behind it.
  std::string certificate_file;

  // The key of `certificate_file`, without a passphrase.
  std::string key_file;

  // The authorities of clients. Empty: clients are asked for no certificate.
  std::string client_ca_file = {};

  // Whether a client without a certificate is refused; one with a certificate
  // that does not hold always is. Says nothing without `client_ca_file`.
  bool require_client_certificate = true;

  friend bool operator==(const ListenerTlsFiles&,
                         const ListenerTlsFiles&) = default;
};

// What was in the files when they were good.
struct ListenerTlsContents {
  std::string certificate_pem;
  std::string key_pem;
  std::string client_ca_pem;  // Empty without `client_ca_file`.
  absl::Time expiry_time;     // Of our certificate.
};

// Reads the files and checks all that a handshake will need of them: that they
// are PEM from end to end, that the key is the certificate's, that the
// certificate is valid at `now`, that there is an authority. INVALID_ARGUMENT
// says which of them cannot be used and why, without a word of its content.
absl::StatusOr<ListenerTlsContents> ReadListenerTlsFiles(
    const ListenerTlsFiles& files, absl::Time now);

}  // namespace slotplanner
