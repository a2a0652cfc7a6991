// SPDX-License-Identifier: Apache-2.0
// What `slotplanner-server --healthcheck` does, for HEALTHCHECK of Docker and
// for exec probes: it asks a server that runs with the same settings.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/listen_address.h"
#include "server/options.h"

namespace slotplanner {

// Whom to ask for what.
struct Healthcheck {
  // A name of grpc.health.v1; the empty one stands for the process.
  std::string service;
  // Where the API is served.
  ListenAddress grpc_address;
  // TLS is spoken there.
  bool uses_tls = false;
  // Where the admin pages are served, and whether to ask there, because gRPC
  // health answers configured callers only. The admin pages know the process
  // and the API, but no clusters.
  ListenAddress admin_address;
  bool asks_admin = false;
  absl::Duration timeout = absl::Seconds(3);
};

// For a server with these options: the first address of the API.
Healthcheck HealthcheckOf(const ServerOptions& options,
                          const std::string& service);

// OK when the service serves. UNAVAILABLE, with one line, when it does not or
// nobody answers in time; INVALID_ARGUMENT, with one line, when that cannot be
// asked, such as when the system chose the port. A server that listens on all
// addresses is asked on the loopback one. Its certificate is not verified: the
// question is whether the process answers, not who it is, and its names
// are seldom those of the loopback address. Blocks.
absl::Status AskHealth(const Healthcheck& check);

}  // namespace slotplanner
