// SPDX-License-Identifier: Apache-2.0
#include "client/cli/server_access.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include <grpcpp/security/credentials.h>

#include "absl/strings/str_cat.h"
#include "service/resp/password_source.h"

namespace slotplanner::cli {
namespace {

// The content of the file; empty without a name.
absl::StatusOr<std::string> ReadFile(const std::string& name) {
  if (name.empty()) return "";
  std::ifstream file(name, std::ios::binary);
  std::ostringstream content;
  if (!file || !(content << file.rdbuf())) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " cannot be read: ", std::strerror(errno)));
  }
  return content.str();
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ReadTls(
    const TlsFiles& files) {
  if (files.certificate_file.empty() != files.key_file.empty()) {
    return absl::InvalidArgumentError(
        "--tls_certificate_file and --tls_key_file belong together");
  }
  auto ca = ReadFile(files.ca_file);
  if (!ca.ok()) return ca.status();
  auto certificate = ReadFile(files.certificate_file);
  if (!certificate.ok()) return certificate.status();
  auto key = ReadFile(files.key_file);
  if (!key.ok()) return key.status();
  return grpc::SslCredentials({.pem_root_certs = *std::move(ca),
                               .pem_private_key = *std::move(key),
                               .pem_cert_chain = *std::move(certificate)});
}

}  // namespace

absl::StatusOr<SlotPlannerClientOptions> ReadServerAccess(
    const Options& options, const Environment& environment) {
  SlotPlannerClientOptions access{
      .target = options.server,
      .tls_server_name = options.tls_files.server_name};
  if (options.tls) {
    auto credentials = ReadTls(options.tls_files);
    if (!credentials.ok()) return credentials.status();
    access.credentials = *std::move(credentials);
  }
  // Never a flag, which every user of the machine could read.
  if (!options.token_file.empty()) {
    auto token = PasswordSource::File(options.token_file).Read();
    if (!token.ok()) return token.status();
    access.bearer_token = *std::move(token);
  } else if (auto value = environment.variable("SLOTPLANNER_TOKEN")) {
    access.bearer_token = *std::move(value);
  }
  return access;
}

}  // namespace slotplanner::cli
