// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/node_connections.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <poll.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

// Sends a request that a node answers with OK. A refusal has the code given.
absl::Status CallForOk(RespConnection& connection,
                       std::span<const std::string_view> args,
                       absl::StatusCode refusal_code, absl::Time deadline) {
  absl::StatusOr<RespValue> reply = connection.Call(args, deadline);
  if (!reply.ok()) return reply.status();
  if (reply->is_error()) {
    // The first word is the error's code; what follows may quote arguments.
    return {refusal_code,
            absl::StrCat("The node refuses ", ToAbsl(args[0]), " with ",
                         reply->text.substr(0, reply->text.find(' ')), ".")};
  }
  return absl::OkStatus();
}

// Whether an idle connection is open and nothing has come over it. The node may
// have closed it meanwhile; better to learn that before a command is sent than
// after.
bool IsQuiet(const RespConnection& connection) {
  pollfd readable = {.fd = connection.fd(), .events = POLLIN, .revents = 0};
  return poll(&readable, 1, /*timeout=*/0) == 0;
}

}  // namespace

NodeConnections::NodeConnections(NodeConnectionsOptions options)
    : options_(std::move(options)) {}

absl::StatusOr<std::unique_ptr<RespConnection>> NodeConnections::Take(
    const RespEndpoint& endpoint, bool readonly, absl::Time deadline) {
  const Key key{endpoint.host, endpoint.port, readonly};
  while (std::unique_ptr<RespConnection> idle = TakeIdle(key)) {
    if (IsQuiet(*idle)) return idle;
  }

  const absl::Time connect_deadline =
      std::min(deadline, absl::Now() + options_.connect_timeout);
  auto connection =
      RespConnection::Connect(endpoint, connect_deadline, options_.limits);
  if (absl::IsDeadlineExceeded(connection.status()) &&
      connect_deadline < deadline) {
    return absl::UnavailableError(
        absl::StrCat("Node ", ToString(endpoint), " accepts no connection."));
  }
  if (!connection.ok()) return connection.status();
  if (!options_.password.empty()) {
    std::vector<std::string_view> auth = {"AUTH"};
    if (!options_.user.empty()) auth.push_back(options_.user);
    auth.push_back(options_.password);
    absl::Status status =
        CallForOk(**connection, auth, absl::StatusCode::kUnauthenticated,
                  connect_deadline);
    if (!status.ok()) return status;
  }
  if (readonly) {
    const std::string_view request[] = {"READONLY"};
    absl::Status status =
        CallForOk(**connection, request, absl::StatusCode::kFailedPrecondition,
                  connect_deadline);
    if (!status.ok()) return status;
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
