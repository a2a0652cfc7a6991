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
#include "service/resp/resp_connection.h"

namespace slotplanner {

// How to connect to the nodes of a cluster.
struct NodeConnectionsOptions {
  // The ACL user; empty means the default user.
  std::string user = {};

  // Empty means that the nodes ask for none: AUTH is not sent.
  std::string password = {};

  // How long one node may take to accept a connection, so that a node that is
  // down does not use up the deadline of all the others.
  absl::Duration connect_timeout = absl::Seconds(1);

  RespLimits limits = {};
};

// Connections to the nodes of a cluster, kept open between uses: there are
// never more of them than were in use at one time. Thread-safe.
class NodeConnections {
 public:
  explicit NodeConnections(NodeConnectionsOptions options);

  // A connection to the node for the caller alone, with no reply pending: an
  // idle one, else a new one that has passed AUTH, and READONLY if `readonly`.
  // UNAVAILABLE when the node cannot be reached, DEADLINE_EXCEEDED at
  // `deadline`, UNAUTHENTICATED when it refuses the password,
  // FAILED_PRECONDITION when it refuses READONLY.
  absl::StatusOr<std::unique_ptr<RespConnection>> Take(
      const RespEndpoint& endpoint, bool readonly, absl::Time deadline);

  // Keeps a connection for the next caller. Requires: `Take` gave it for the
  // same `readonly`, nothing failed on it, and no reply is pending. A
  // connection that does not meet this is destroyed by its holder instead.
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
