// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/node_connections.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"

namespace slotplanner {
NodeConnections::NodeConnections(NodeConnectionsOptions options)
    : options_(std::move(options)) {}

absl::StatusOr<std::unique_ptr<RespConnection>> NodeConnections::Take(
    const RespEndpoint& endpoint, bool readonly, absl::Time deadline) {
  const Key key{endpoint.host, endpoint.port, readonly};
  while (std::unique_ptr<RespConnection> idle = TakeIdle(key)) {
    // The node may have closed it meanwhile; better to learn that before a
    // command is sent than after.
    if (idle->IsQuiet()) return idle;
  }

  const absl::StatusOr<std::string> password = options_.password.Read();
  if (!password.ok()) return password.status();
  RespConnectOptions connect_options = {.limits = options_.limits};
  if (options_.tls != nullptr) {
    auto tls = options_.tls->Current();
    if (!tls.ok()) return tls.status();
    connect_options.tls = *std::move(tls);
  }
  auto connection = RespConnection::Start(
      endpoint, std::min(deadline, absl::Now() + options_.connect_timeout),
      connect_options);
  if (!connection.ok()) return connection.status();
  (*connection)
      ->LogIn(options_.user, *password, absl::StatusCode::kUnauthenticated);
  if (readonly) {
    static constexpr std::string_view kReadonly[] = {"READONLY"};
    (*connection)
        ->SendExpectingOk(kReadonly, absl::StatusCode::kFailedPrecondition);
  }
  return connection;
}

void NodeConnections::Return(std::unique_ptr<RespConnection> connection,
                             bool readonly) {
  const RespEndpoint& endpoint = connection->endpoint();
  Key key{endpoint.host, endpoint.port, readonly};
  const std::lock_guard lock(mutex_);
  idle_[std::move(key)].push_back(std::move(connection));
}

void NodeConnections::Forget(const RespEndpoint& endpoint) {
  const std::lock_guard lock(mutex_);
  idle_.erase({endpoint.host, endpoint.port, false});
  idle_.erase({endpoint.host, endpoint.port, true});
}

std::unique_ptr<RespConnection> NodeConnections::TakeIdle(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto found = idle_.find(key);
  if (found == idle_.end()) return nullptr;
  std::unique_ptr<RespConnection> connection = std::move(found->second.back());
  found->second.pop_back();
  if (found->second.empty()) idle_.erase(found);
  return connection;
}

}  // namespace slotplanner
