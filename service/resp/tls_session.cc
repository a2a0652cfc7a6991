// SPDX-License-Identifier: Apache-2.0
#include "service/resp/tls_session.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "service/resp/socket_io.h"
#include "service/resp/tls_context.h"

namespace slotplanner {
namespace {

// Nothing is buffered, so a flush has always succeeded. All else that OpenSSL
// asks of a BIO may be answered by "no".
long ControlSocket(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsSession>> TlsSession::Make(
    const TlsContext& context, const std::string& host, int fd) {
  SSL* const ssl = SSL_new(context.handle());
  if (ssl == nullptr) return absl::UnavailableError("OpenSSL has no memory");
  const std::string& name =
      context.server_name().empty() ? host : context.server_name();
  std::unique_ptr<TlsSession> session(new TlsSession(ssl, name, fd));
  BIO* const bio = BIO_new(SocketMethod());
  if (bio == nullptr) return absl::UnavailableError("OpenSSL has no memory");
  BIO_set_data(bio, session.get());
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);  // Owns it.
  SSL_set_connect_state(ssl);
  if (absl::Status status = session->DemandName(); !status.ok()) return status;
  return session;
}

TlsSession::TlsSession(ssl_st* ssl, std::string name, int fd)
    : ssl_(ssl), name_(std::move(name)), fd_(fd) {}

TlsSession::~TlsSession() {
  // Never waits: what the socket does not take at once is not said.
  if (!is_broken_ && SSL_is_init_finished(ssl_)) SSL_shutdown(ssl_);
  SSL_free(ssl_);
  ERR_clear_error();
}

absl::Status TlsSession::DemandName() {
  X509_VERIFY_PARAM* const demands = SSL_get0_param(ssl_);
  // An empty one would demand nothing.
  bool is_set = !name_.empty();
  if (is_set && X509_VERIFY_PARAM_set1_ip_asc(demands, name_.c_str()) != 1) {
    ERR_clear_error();  // No IP address, that is.
    X509_VERIFY_PARAM_set_hostflags(demands,
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    is_set =
        X509_VERIFY_PARAM_set1_host(demands, name_.data(), name_.size()) == 1 &&
        SSL_set_tlsext_host_name(ssl_, name_.c_str()) == 1;
  }
  if (is_set) return absl::OkStatus();
  ERR_clear_error();
  return absl::UnavailableError("its host is no name that TLS can verify");
}

absl::StatusOr<IoResult> TlsSession::Handshake() {
  ERR_clear_error();
  socket_failure_ = absl::OkStatus();
  return Conclude(SSL_do_handshake(ssl_), 0);
}

absl::StatusOr<IoResult> TlsSession::Read(std::span<char> buffer) {
  ERR_clear_error();
  socket_failure_ = absl::OkStatus();
  size_t count = 0;
  const int result = SSL_read_ex(ssl_, buffer.data(), buffer.size(), &count);
  return Conclude(result, count);
}

absl::StatusOr<IoResult> TlsSession::Write(std::string_view bytes) {
  ERR_clear_error();
  socket_failure_ = absl::OkStatus();
  size_t count = 0;
  const int result = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &count);
  return Conclude(result, count);
}

absl::StatusOr<IoResult> TlsSession::Conclude(int result, size_t count) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_NONE:
      return IoResult{.count = count};
    case SSL_ERROR_WANT_READ:
      return IoResult{.wanted = POLLIN};
    case SSL_ERROR_WANT_WRITE:
      return IoResult{.wanted = POLLOUT};
    case SSL_ERROR_ZERO_RETURN:
      return absl::UnavailableError("the node closed the connection");
    default:
      break;
  }
  is_broken_ = true;
  // First, for OpenSSL then complains of what the socket did. A node that
  // closes without close_notify is no news: replies tell their own length.
  absl::Status failure = socket_failure_;
  if (failure.ok()) failure = absl::UnavailableError(ExplainFailure());
  ERR_clear_error();
  return failure;
}

std::string TlsSession::ExplainFailure() const {
  const long verified = SSL_get_verify_result(ssl_);
  if (verified != X509_V_OK) {
    return absl::StrCat("its certificate for ", name_, " is not accepted: ",
                        X509_verify_cert_error_string(verified));
  }
  const unsigned long error = ERR_peek_error();
  if (ERR_GET_LIB(error) == ERR_LIB_SSL &&
      ERR_GET_REASON(error) == SSL_R_WRONG_VERSION_NUMBER) {
    return "it does not speak TLS on this port";
  }
  const char* const reason = ERR_reason_error_string(error);
  return reason == nullptr ? "OpenSSL gives no reason" : reason;
}

bio_method_st* TlsSession::SocketMethod() {
  static BIO_METHOD* const kMethod = [] {
    BIO_METHOD* const made = BIO_meth_new(
        BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "slotplanner socket");
    BIO_meth_set_read(made, ReadSocket);
    BIO_meth_set_write(made, WriteSocket);
    BIO_meth_set_ctrl(made, ControlSocket);
    return made;
  }();
  return kMethod;
}

int TlsSession::ReadSocket(bio_st* bio, char* buffer, int size) {
  auto* const session = static_cast<TlsSession*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const absl::StatusOr<IoResult> received =
      ReceiveFrom(session->fd_, {buffer, static_cast<size_t>(size)});
  if (received.ok() && received->wanted == 0) {
    return static_cast<int>(received->count);
  }
  if (received.ok()) BIO_set_retry_read(bio);
  session->socket_failure_ = received.status();
  return -1;
}

int TlsSession::WriteSocket(bio_st* bio, const char* bytes, int size) {
  auto* const session = static_cast<TlsSession*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const absl::StatusOr<IoResult> sent =
      SendTo(session->fd_, {bytes, static_cast<size_t>(size)});
  if (sent.ok() && sent->wanted == 0) return static_cast<int>(sent->count);
  if (sent.ok()) BIO_set_retry_write(bio);
  session->socket_failure_ = sent.status();
  return -1;
}

}  // namespace slotplanner
