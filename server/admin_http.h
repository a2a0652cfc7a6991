// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <prometheus/collectable.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/listen_address.h"

struct mg_context;     // civetweb
struct mg_connection;  // civetweb

namespace slotplanner {

// Whether the server wants calls: OK, or the reason why not in one line.
// Thread-safe.
using Readiness = std::function<absl::Status()>;

// An answer over HTTP.
struct AdminResponse {
  int code = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// What a request to the admin listener gets: /metrics in Prometheus' text
// format, /healthz while the process lives, /readyz when `readiness` is OK. GET
// and HEAD only.
AdminResponse AnswerAdminRequest(std::string_view method, std::string_view path,
                                 const prometheus::Collectable& metrics,
                                 const Readiness& readiness);

// The HTTP listener for those who operate the server. Thread-safe.
class AdminHttp {
 public:
  // Listens until destroyed, which takes up to 2 s; `metrics` lives longer.
  // FAILED_PRECONDITION when it cannot listen. Requires: a TCP address over
  // IPv4.
  static absl::StatusOr<std::unique_ptr<AdminHttp>> Start(
      const ListenAddress& address, const prometheus::Collectable& metrics,
      Readiness readiness);

  ~AdminHttp();
  AdminHttp(const AdminHttp&) = delete;
  AdminHttp& operator=(const AdminHttp&) = delete;

  // The port that it listens on, also when the system chose it.
  int port() const { return port_; }

 private:
  AdminHttp(const prometheus::Collectable& metrics, Readiness readiness);
  absl::Status Listen(const ListenAddress& address);
  static int OnRequest(mg_connection* connection);

  const prometheus::Collectable& metrics_;
  const Readiness readiness_;
  mg_context* context_ = nullptr;  // Null only until `Listen` succeeds.
  int port_ = 0;
};

}  // namespace slotplanner
