// SPDX-License-Identifier: Apache-2.0
#include "server/admin_http.h"

#include <utility>

#include <civetweb.h>
#include <prometheus/text_serializer.h>

#include "absl/strings/str_cat.h"
#include "server/log.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

int LogCivetwebMessage(const mg_connection*, const char* message) {
  Log(LogLevel::kWarning, "admin_http", {{"message", message}});
  return 1;  // Written; civetweb need not.
}

}  // namespace

AdminResponse AnswerAdminRequest(std::string_view method, std::string_view path,
                                 const prometheus::Collectable& metrics,
                                 const Readiness& readiness) {
  if (method != "GET" && method != "HEAD") {
    return {.code = 405, .body = "Use GET or HEAD.\n"};
  }
  if (path == "/metrics") {
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
            .body = prometheus::TextSerializer().Serialize(metrics.Collect())};
  }
  if (path == "/healthz") return {.body = "The process lives.\n"};
  if (path == "/readyz") {
    const absl::Status status = readiness();
    if (status.ok()) return {.body = "Ready.\n"};
    return {.code = 503, .body = absl::StrCat(status.message(), "\n")};
  }
  return {.code = 404, .body = "There are /metrics, /healthz and /readyz.\n"};
}

AdminHttp::AdminHttp(const prometheus::Collectable& metrics,
                     Readiness readiness)
    : metrics_(metrics), readiness_(std::move(readiness)) {
  mg_init_library(0);
}

AdminHttp::~AdminHttp() {
  if (context_ != nullptr) mg_stop(context_);
  mg_exit_library();
}

absl::StatusOr<std::unique_ptr<AdminHttp>> AdminHttp::Start(
    const ListenAddress& address, const prometheus::Collectable& metrics,
    Readiness readiness) {
  std::unique_ptr<AdminHttp> http(new AdminHttp(metrics, std::move(readiness)));
  absl::Status status = http->Listen(address);
  if (!status.ok()) return status;
  return http;
}

absl::Status AdminHttp::Listen(const ListenAddress& address) {
  const std::string listening_ports = ToString(address);
  // A scraper, a kubelet and two people at once; each connection serves one
  // request, so a slow peer holds a thread for 5 s at most.
  const char* options[] = {"listening_ports",
                           listening_ports.c_str(),
                           "num_threads",
                           "4",
                           "enable_keep_alive",
                           "no",
                           "request_timeout_ms",
                           "5000",
                           nullptr};
  mg_callbacks callbacks = {};
  callbacks.begin_request = &AdminHttp::OnRequest;
  callbacks.log_message = &LogCivetwebMessage;
  mg_init_data init = {.callbacks = &callbacks,
                       .user_data = this,
                       .configuration_options = options};
  char text[256] = "";
  unsigned code = 0;
  mg_error_data error = {
      .code = &code, .text = text, .text_buffer_size = sizeof text};
  context_ = mg_start2(&init, &error);
  if (context_ == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot listen on ", listening_ports, ": ", text));
  }
  mg_server_port port = {};
  mg_get_server_ports(context_, 1, &port);
  port_ = port.port;
  return absl::OkStatus();
}

int AdminHttp::OnRequest(mg_connection* connection) {
  const mg_request_info& request = *mg_get_request_info(connection);
  const auto& http = *static_cast<const AdminHttp*>(request.user_data);
  const std::string_view method = request.request_method;
  const std::string_view path =
      request.local_uri == nullptr ? "" : request.local_uri;
  const AdminResponse response =
      AnswerAdminRequest(method, path, http.metrics_, http.readiness_);
  const std::string head =
      absl::StrCat("HTTP/1.1 ", response.code, " ",
                   mg_get_response_code_text(connection, response.code),
                   "\r\nContent-Type: ", response.content_type,
                   "\r\nContent-Length: ", response.body.size(),
                   response.code == 405 ? "\r\nAllow: GET, HEAD" : "",
                   "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n");
  mg_write(connection, head.data(), head.size());
  if (method != "HEAD") {
    mg_write(connection, response.body.data(), response.body.size());
  }
  return response.code;
}

}  // namespace slotplanner
