// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/resp/password_source.h"
#include "service/resp/resp_connection.h"
#include "service/resp/rotating_tls_context.h"

namespace slotplanner {

// How to connect to the nodes of a cluster.
struct NodeConnectionsOptions {
  // The ACL user; empty means the default user.
  std::string user = {};

  // Looked up for each new connection, by any thread that needs one. None means
  // that the nodes ask for none: AUTH is not sent. When it cannot be read, no
  // connection is made.
  PasswordSource password = {};

  // How long one node may take to accept a connection, AUTH and READONLY
  // included, so that what a node that is down was to be sent fails early.
  absl::Duration connect_timeout = absl::Seconds(1);

  RespLimits limits = {};

  // What TLS connections are made with; null: plain TCP. It may serve others
  // too. A connection keeps the certificates that it was made with.
  std::shared_ptr<RotatingTlsContext> tls = nullptr;
};

// Connections to the nodes of a cluster, kept open between uses: there are
// never more of them than were in use at one time. Thread-safe.
class NodeConnections {
 public:
  explicit NodeConnections(NodeConnectionsOptions options);

  // A connection to the node for the caller alone, with no reply pending: an
  // idle one, else a new one with AUTH, and READONLY if `readonly`, queued as
  // requests of its own. Does not wait for the node: a new connection may still
  // be connecting, and fails later, before it `is_ready`, when the node cannot
  // be reached within `connect_timeout` or by `deadline` (UNAVAILABLE), refuses
  // the password (UNAUTHENTICATED) or READONLY (FAILED_PRECONDITION).
  //
  // Only resolving a name may block. UNAVAILABLE when it has no address,
  // INVALID_ARGUMENT when the password cannot be read, or there never was a
  // good set of TLS files.
  absl::StatusOr<std::unique_ptr<RespConnection>> Take(
      const RespEndpoint& endpoint, bool readonly, absl::Time deadline);

  // Keeps a connection for the next caller. Requires: `Take` gave it for the
  // same `readonly`, it `is_ready`, nothing failed on it, and no reply is
  // pending. A connection that does not meet this is destroyed by its holder
  // instead.
  void Return(std::unique_ptr<RespConnection> connection, bool readonly);

  // Closes the idle connections to a node, because its name may stand for
  // another address by now.
  void Forget(const RespEndpoint& endpoint);

 private:
  // A connection keeps its mode for life: one in READONLY mode would serve a
  // stale read where the plan asks for the primary (rule D2).
  struct Key {
    std::string host;
    int port;
    bool readonly;

    friend auto operator<=>(const Key&, const Key&) = default;
  };

  std::unique_ptr<RespConnection> TakeIdle(const Key& key);

  const NodeConnectionsOptions options_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::map<Key, std::vector<std::unique_ptr<RespConnection>>> idle_;
};

}  // namespace slotplanner
