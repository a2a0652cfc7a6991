// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/resp/resp_connection.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/rotating_tls_context.h"
#include "service/topology/cluster_access.h"
#include "service/topology/source_spec.h"

namespace slotplanner {

// Opens connections to the nodes of one cluster, with the password and the TLS
// files as they are at that moment. Not thread-safe.
class NodeDialer {
 public:
  NodeDialer(const RedisSourceSpec& spec, ClusterAccess access);

  // Begins to connect and to log in; blocks only for the name. Whatever goes
  // wrong later, a refused password included, shows in the connection's `Pump`.
  // UNAVAILABLE when the name has no address; INVALID_ARGUMENT when the
  // password or the TLS files cannot be read.
  absl::StatusOr<std::unique_ptr<RespConnection>> Dial(
      const RespEndpoint& node);

  // Whether password and TLS files can be used as they are now.
  // INVALID_ARGUMENT names the one that cannot.
  absl::Status CheckAccess();

  const ClusterAccess& access() const { return access_; }
  bool is_tls() const { return tls_.has_value(); }

 private:
  ClusterAccess access_;
  std::optional<RotatingTlsContext> tls_;
};

}  // namespace slotplanner
