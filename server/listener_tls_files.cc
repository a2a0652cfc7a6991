// SPDX-License-Identifier: Apache-2.0
#include "server/listener_tls_files.h"

#include <array>
#include <cstddef>
#include <ctime>
#include <fstream>
#include <limits>
#include <memory>
#include <string_view>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "service/resp/tls_errors.h"

namespace slotplanner {
namespace {

// A chain has a few kilobytes, the bundle of all public authorities a quarter
// of a megabyte.
constexpr size_t kMaxFileBytes = size_t{1} << 20;

// Frees by a function of OpenSSL.
template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using BioOwner = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using CertificateOwner = std::unique_ptr<X509, Freer<X509_free>>;
using KeyOwner = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using ContextOwner = std::unique_ptr<SSL_CTX, Freer<SSL_CTX_free>>;

// One of the files: what it is, where it is, what is in it.
struct PemFile {
  std::string_view kind;
  const std::string& path;
  std::string pem = {};

  absl::Status Unusable(std::string_view reason) const {
    return UnusableTlsFile(kind, path, reason);
  }
  absl::Status Unusable() const { return Unusable(FirstTlsReason()); }

  absl::Status Read() {
    std::ifstream file(path, std::ios::binary);
    std::array<char, 4096> part = {};
    while (file.read(part.data(), part.size()), file.gcount() > 0) {
      pem.append(part.data(), static_cast<size_t>(file.gcount()));
      if (pem.size() > kMaxFileBytes) {
        return Unusable("it has more than a mebibyte");
      }
    }
    if (pem.empty()) return Unusable("it cannot be read, or it is empty");
    return absl::OkStatus();
  }

  BioOwner Bio() const {
    return BioOwner(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  }
};

// The next certificate; null at the end, and when what follows is none, which
// `IsAtEnd` tells apart.
CertificateOwner NextCertificate(BIO* bio) {
  return CertificateOwner(
      PEM_read_bio_X509(bio, nullptr, GiveNoPassphrase, nullptr));
}

// Whether the last `NextCertificate` found nothing more to read.
bool IsAtEnd() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM &&
         ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

// Never for what OpenSSL cannot read: past and future are wrong then alike.
absl::Time TimeOf(const ASN1_TIME* time, absl::Time otherwise) {
  std::tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return otherwise;
  return absl::FromTM(parts, absl::UTCTimeZone());
}

// OK if the certificate is valid at `now`; sets when it expires.
absl::Status CheckValidity(const PemFile& file, const X509* certificate,
                           absl::Time now, absl::Time& expiry_time) {
  const absl::Time begin =
      TimeOf(X509_get0_notBefore(certificate), absl::InfiniteFuture());
  if (now < begin) {
    return file.Unusable(
        absl::StrCat("the certificate is valid only from ",
                     absl::FormatTime(begin, absl::UTCTimeZone())));
  }
  expiry_time = TimeOf(X509_get0_notAfter(certificate), absl::InfinitePast());
  if (now >= expiry_time) {
    return file.Unusable(
        absl::StrCat("the certificate expired at ",
                     absl::FormatTime(expiry_time, absl::UTCTimeZone())));
  }
  return absl::OkStatus();
}

// Gives the certificate and its chain to `context`, as gRPC does.
absl::Status UseCertificate(const PemFile& file, SSL_CTX* context,
                            absl::Time now, absl::Time& expiry_time) {
  ERR_clear_error();
  const BioOwner bio = file.Bio();
  const CertificateOwner own = NextCertificate(bio.get());
  // OpenSSL also refuses one that is too weak for its security level.
  if (own == nullptr || SSL_CTX_use_certificate(context, own.get()) != 1) {
    return file.Unusable();
  }
  while (const CertificateOwner next = NextCertificate(bio.get())) {
    if (SSL_CTX_add1_chain_cert(context, next.get()) != 1) {
      return file.Unusable();
    }
  }
  if (!IsAtEnd()) return file.Unusable();
  return CheckValidity(file, own.get(), now, expiry_time);
}

// OK if the key is that of the certificate which `context` has.
absl::Status UseKey(const PemFile& file, SSL_CTX* context) {
  ERR_clear_error();
  const BioOwner bio = file.Bio();
  const KeyOwner key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, GiveNoPassphrase, nullptr));
  if (key == nullptr || SSL_CTX_use_PrivateKey(context, key.get()) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return file.Unusable();
  }
  return absl::OkStatus();
}

absl::Status CheckAuthorities(const PemFile& file) {
  ERR_clear_error();
  const BioOwner bio = file.Bio();
  bool has_any = false;
  while (NextCertificate(bio.get()) != nullptr) has_any = true;
  return has_any && IsAtEnd() ? absl::OkStatus() : file.Unusable();
}

}  // namespace

absl::StatusOr<ListenerTlsContents> ReadListenerTlsFiles(
    const ListenerTlsFiles& files, absl::Time now) {
  PemFile certificate = {.kind = "certificate", .path = files.certificate_file};
  PemFile key = {.kind = "key", .path = files.key_file};
  PemFile client_ca = {.kind = "client CA", .path = files.client_ca_file};
  ERR_clear_error();
  const ContextOwner context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) {
    return absl::InternalError(
        absl::StrCat("OpenSSL makes no TLS context: ", FirstTlsReason(), "."));
  }
  absl::Time expiry_time;
  absl::Status status = certificate.Read();
  if (status.ok()) status = key.Read();
  if (status.ok()) {
    status = UseCertificate(certificate, context.get(), now, expiry_time);
  }
  if (status.ok()) status = UseKey(key, context.get());
  if (status.ok() && !client_ca.path.empty()) {
    status = client_ca.Read();
    if (status.ok()) status = CheckAuthorities(client_ca);
  }
  ERR_clear_error();  // That a file ended is an error, too.
  if (!status.ok()) return status;
  return ListenerTlsContents{.certificate_pem = std::move(certificate.pem),
                             .key_pem = std::move(key.pem),
                             .client_ca_pem = std::move(client_ca.pem),
                             .expiry_time = expiry_time};
}

}  // namespace slotplanner
