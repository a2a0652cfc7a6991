// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/resp/socket_io.h"
#include "service/resp/tls_context.h"

struct bio_method_st;  // OpenSSL's BIO_METHOD.
struct bio_st;         // Its BIO.
struct ssl_st;         // Its SSL.

namespace slotplanner {

// The client's side of TLS on one connected, non-blocking socket. Never raises
// SIGPIPE, and tells the node when it ends (close_notify).
//
// Nothing blocks. Errors are UNAVAILABLE with the bare reason; after one, only
// `Read` may still be called, for the node may have said why. Not thread-safe.
class TlsSession {
 public:
  // `host` is what was connected to. Requires: `fd` outlives this.
  static absl::StatusOr<std::unique_ptr<TlsSession>> Make(
      const TlsContext& context, const std::string& host, int fd);

  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // Goes on with the handshake, which is done when the result wants nothing.
  // By then the node has proved who it is; with TLS 1.3, that it refuses our
  // certificate shows only in the first `Read`.
  absl::StatusOr<IoResult> Handshake();

  // As `ReceiveFrom` and `SendTo`, but either may want POLLIN or POLLOUT. A
  // byte counts as written when the record that it is in has left in full, for
  // the node can make nothing of less. A `Write` that had to wait is given the
  // same bytes again, and maybe more. Requires: the handshake is done.
  absl::StatusOr<IoResult> Read(std::span<char> buffer);
  absl::StatusOr<IoResult> Write(std::string_view bytes);

 private:
  TlsSession(ssl_st* ssl, std::string name, int fd);

  // The socket as OpenSSL sees it. Its own one would raise SIGPIPE.
  static bio_method_st* SocketMethod();
  static int ReadSocket(bio_st* bio, char* buffer, int size);
  static int WriteSocket(bio_st* bio, const char* bytes, int size);

  absl::Status DemandName();
  absl::StatusOr<IoResult> Conclude(int result, size_t count);
  std::string ExplainFailure() const;

  ssl_st* const ssl_;
  const std::string name_;  // That the node's certificate must have.
  const int fd_;
  absl::Status socket_failure_;  // In the call that is going on.
  bool is_broken_ = false;
};

}  // namespace slotplanner
