// SPDX-License-Identifier: Apache-2.0
#include "server/healthcheck.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>

#include <arpa/inet.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <netinet/in.h>
#include <poll.h>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/health.h"
#include "service/base/strings.h"
#include "service/resp/socket_stream.h"

namespace slotplanner {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

std::string_view FirstLineOf(std::string_view text) {
  return text.substr(0, text.find_first_of("\r\n"));
}

// Where to connect to for a listener on `address`.
ListenAddress ReachableAddress(ListenAddress address) {
  in_addr ipv4 = {};
  in6_addr ipv6 = {};
  const char* const host = address.host.c_str();
  const bool is_any =
      (inet_pton(AF_INET, host, &ipv4) == 1 && ipv4.s_addr == INADDR_ANY) ||
      (inet_pton(AF_INET6, host, &ipv6) == 1 && IN6_IS_ADDR_UNSPECIFIED(&ipv6));
  // IPv4 for [::] too: it listens on both, and ::1 may be switched off, as it
  // is in Docker's containers.
  if (is_any) address.host = "127.0.0.1";
  return address;
}

absl::Status CheckPort(const ListenAddress& address, std::string_view setting) {
  if (!address.unix_path.empty() || address.port != 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--healthcheck cannot know the port that the system chose; "
                   "give --",
                   ToAbsl(setting), " one other than 0"));
}

std::shared_ptr<grpc::ChannelCredentials> CredentialsFor(
    const Healthcheck& check) {
  if (!check.uses_tls) return grpc::InsecureChannelCredentials();
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_verify_server_certs(false);
  options.set_check_call_host(false);
  options.set_certificate_verifier(
      std::make_shared<grpc::experimental::NoOpCertificateVerifier>());
  return grpc::experimental::TlsCredentials(options);
}

absl::Status AskGrpc(const Healthcheck& check) {
  const std::string address = ToString(ReachableAddress(check.grpc_address));
  grpc::ChannelArguments arguments;
  // A proxy that the environment names is for other hosts.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const auto stub = grpc::health::v1::Health::NewStub(
      grpc::CreateCustomChannel(address, CredentialsFor(check), arguments));
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + check.timeout));
  HealthCheckRequest request;
  request.set_service(check.service);
  HealthCheckResponse response;
  const grpc::Status status = stub->Check(&context, request, &response);
  if (!status.ok()) {
    return absl::UnavailableError(
        absl::StrCat(address, " did not tell its health: ",
                     ToAbsl(FirstLineOf(status.error_message()))));
  }
  if (response.status() != HealthCheckResponse::SERVING) {
    return absl::UnavailableError(absl::StrCat(
        address, " is ",
        HealthCheckResponse::ServingStatus_Name(response.status())));
  }
  return absl::OkStatus();
}

// All that the HTTP server at `address` answers to GET, head and body.
absl::StatusOr<std::string> Get(const ListenAddress& address,
                                std::string_view path, absl::Time deadline) {
  // No page of health is as long; whoever answers on and on is not asked more.
  constexpr size_t kMaxAnswerBytes = 16 << 10;
  auto stream = SocketStream::Start({address.host, address.port}, deadline,
                                    /*tls=*/nullptr);
  if (!stream.ok()) return stream.status();
  SocketStream& socket = **stream;
  const std::string request = absl::StrCat(
      "GET ", ToAbsl(path), " HTTP/1.1\r\nHost: ", ToString(address),
      "\r\nConnection: close\r\n\r\n");
  std::string_view unsent = request;
  std::string answer;
  while (answer.size() < kMaxAnswerBytes) {
    absl::Status connected = socket.Connect();
    if (!connected.ok()) return connected;
    if (socket.is_open() && !unsent.empty()) {
      const absl::StatusOr<size_t> count = socket.Write(unsent);
      if (!count.ok()) return count.status();
      unsent.remove_prefix(*count);
    }
    if (socket.is_open()) {
      char buffer[4096];
      const absl::StatusOr<size_t> count = socket.Read(buffer);
      if (!count.ok()) {
        // That the server ends the connection is the end of its answer.
        if (answer.empty()) return count.status();
        return answer;
      }
      answer.append(buffer, *count);
    }
    const absl::Time now = absl::Now();
    if (now >= deadline) return absl::UnavailableError("no answer in time");
    pollfd waiting = {.fd = socket.fd(),
                      .events = socket.PollEvents(!unsent.empty()),
                      .revents = 0};
    const absl::Duration wait = std::min(deadline, socket.wake_time()) - now;
    // Rounded up, so that it does not wake just before.
    poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(wait)) + 1);
  }
  return answer;
}

absl::Status AskAdmin(const Healthcheck& check) {
  std::string_view path;
  if (check.service.empty()) {
    path = "/healthz";
  } else if (check.service == kApiServiceName) {
    path = "/readyz";
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("--healthcheck asks the admin listener, for gRPC health "
                     "answers known callers only; it can ask there for ",
                     kApiServiceName, " or, without a name, for the process"));
  }
  const ListenAddress address = ReachableAddress(check.admin_address);
  const std::string url =
      absl::StrCat("http://", ToString(address), ToAbsl(path));
  const absl::StatusOr<std::string> answer =
      Get(address, path, absl::Now() + check.timeout);
  if (!answer.ok()) {
    return absl::UnavailableError(
        absl::StrCat(url, " cannot be asked: ",
                     ToAbsl(FirstLineOf(ToStd(answer.status().message())))));
  }
  const std::string_view text = *answer;
  constexpr std::string_view kOk = "HTTP/1.1 200 ";
  if (text.starts_with(kOk)) return absl::OkStatus();
  constexpr std::string_view kEndOfHead = "\r\n\r\n";
  const size_t end = text.find(kEndOfHead);
  const std::string_view reason = end == std::string_view::npos
                                      ? text
                                      : text.substr(end + kEndOfHead.size());
  return absl::UnavailableError(
      absl::StrCat(url, " says: ", ToAbsl(FirstLineOf(reason))));
}

}  // namespace

Healthcheck HealthcheckOf(const ServerOptions& options,
                          const std::string& service) {
  const ListenAddress& address = options.grpc_listen.front();
  const bool uses_tls = options.has_tls() && address.unix_path.empty();
  const bool needs_certificate = uses_tls &&
                                 !options.grpc_tls.client_ca_file.empty() &&
                                 options.grpc_tls.require_client_certificate;
  const bool needs_caller = !options.open_health && !options.callers->is_open();
  return {.service = service,
          .grpc_address = address,
          .uses_tls = uses_tls,
          .admin_address = options.admin_listen,
          .asks_admin = needs_certificate || needs_caller};
}

absl::Status AskHealth(const Healthcheck& check) {
  absl::Status has_port = check.asks_admin
                              ? CheckPort(check.admin_address, "admin_listen")
                              : CheckPort(check.grpc_address, "grpc_listen");
  if (!has_port.ok()) return has_port;
  return check.asks_admin ? AskAdmin(check) : AskGrpc(check);
}

}  // namespace slotplanner
