// SPDX-License-Identifier: Apache-2.0
#include "service/resp/tls_context.h"

#include <memory>
#include <string>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "service/resp/tls_errors.h"

namespace slotplanner {
namespace {

absl::Status Unusable(const char* kind, const std::string& file) {
  return UnusableTlsFile(kind, file, FirstTlsReason());
}

}  // namespace

absl::StatusOr<std::shared_ptr<const TlsContext>> TlsContext::Load(
    const TlsFiles& files) {
  if (files.certificate_file.empty() != files.key_file.empty()) {
    return absl::InvalidArgumentError(
        "A TLS certificate file and its key file are given together or not at "
        "all.");
  }
  ERR_clear_error();
  SSL_CTX* const handle = SSL_CTX_new(TLS_client_method());
  if (handle == nullptr) {
    return absl::InternalError(
        absl::StrCat("OpenSSL makes no TLS context: ", FirstTlsReason(), "."));
  }
  std::shared_ptr<const TlsContext> context(
      new TlsContext(handle, files.server_name));

  SSL_CTX_set_min_proto_version(handle, TLS1_2_VERSION);
  SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_options(handle, SSL_OP_NO_RENEGOTIATION);
  // Output is given anew in pieces, from a string that may have moved. Buffers
  // of idle connections (34 KiB each) are given back.
  SSL_CTX_set_mode(handle, SSL_MODE_ENABLE_PARTIAL_WRITE |
                               SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                               SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_default_passwd_cb(handle, GiveNoPassphrase);

  if (files.ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(handle) != 1) {
      return absl::InvalidArgumentError(absl::StrCat(
          "The system's TLS authorities cannot be used: ", FirstTlsReason(),
          "."));
    }
  } else if (SSL_CTX_load_verify_file(handle, files.ca_file.c_str()) != 1) {
    return Unusable("CA", files.ca_file);
  }
  if (files.certificate_file.empty()) return context;
  if (SSL_CTX_use_certificate_chain_file(handle,
                                         files.certificate_file.c_str()) != 1) {
    return Unusable("certificate", files.certificate_file);
  }
  // It also has to fit the certificate.
  if (SSL_CTX_use_PrivateKey_file(handle, files.key_file.c_str(),
                                  SSL_FILETYPE_PEM) != 1) {
    return Unusable("key", files.key_file);
  }
  return context;
}

TlsContext::TlsContext(ssl_ctx_st* handle, std::string server_name)
    : handle_(handle), server_name_(std::move(server_name)) {}

TlsContext::~TlsContext() { SSL_CTX_free(handle_); }

}  // namespace slotplanner
