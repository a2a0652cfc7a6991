// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX.

namespace slotplanner {

// Paths of PEM files, and what a node is to prove with its certificate.
struct TlsFiles {
  // The authorities to trust. Empty: the system's.
  std::string ca_file = {};

  // Our certificate, with its chain. Empty: we show none.
  std::string certificate_file = {};

  // The key of `certificate_file`, without a passphrase. Empty only with it.
  std::string key_file = {};

  // The name that the node's certificate must have; it is also what the node is
  // told that we look for (SNI), unless it is an IP address. Empty: the host
  // that is connected to.
  std::string server_name = {};

  friend bool operator==(const TlsFiles&, const TlsFiles&) = default;
};

// What TLS connections are made with: TLS 1.2 or later, and a node always has
// to prove who it is. Immutable, thread-safe.
class TlsContext {
 public:
  // Reads the files. INVALID_ARGUMENT says which of them cannot be used and
  // why, without a word of its content.
  static absl::StatusOr<std::shared_ptr<const TlsContext>> Load(
      const TlsFiles& files);

  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // `TlsFiles::server_name`.
  const std::string& server_name() const { return server_name_; }

  // For `TlsSession`. Lives as long as this, or a session made with it.
  ssl_ctx_st* handle() const { return handle_; }

 private:
  TlsContext(ssl_ctx_st* handle, std::string server_name);

  ssl_ctx_st* const handle_;
  const std::string server_name_;
};

}  // namespace slotplanner
