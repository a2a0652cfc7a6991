// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/differential/redis_session.h"

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace slotplanner::differential {
namespace {

absl::Time Deadline() { return absl::Now() + absl::Minutes(1); }

}  // namespace

absl::StatusOr<RespEndpoint> ParseEndpoint(const std::string& text) {
  const size_t colon = text.rfind(':');
  RespEndpoint endpoint;
  if (colon == std::string::npos ||
      !absl::SimpleAtoi(text.substr(colon + 1), &endpoint.port)) {
    return absl::InvalidArgumentError(absl::StrCat(text, " is no HOST:PORT."));
  }
  endpoint.host = text.substr(0, colon);
  return endpoint;
}

absl::StatusOr<RedisSession> RedisSession::Connect(
    const RespEndpoint& endpoint) {
  auto connection = RespConnection::Connect(endpoint, Deadline());
  if (!connection.ok()) return connection.status();
  return RedisSession(*std::move(connection));
}

absl::StatusOr<RespValue> RedisSession::Call(const Command& command) {
  auto replies = CallAll({command});
  if (!replies.ok()) return replies.status();
  return std::move(replies->front());
}

absl::StatusOr<std::vector<RespValue>> RedisSession::CallAll(
    const std::vector<Command>& commands) {
  for (const Command& command : commands) {
    const std::vector<std::string_view> args(command.begin(), command.end());
    connection_->Send(args);
  }
  std::vector<RespValue> replies;
  RespConnection* const connections[] = {connection_.get()};
  while (replies.size() < commands.size()) {
    if (connection_->has_reply()) {
      replies.push_back(connection_->TakeReply());
      continue;
    }
    const auto pumped = PollConnections(connections, Deadline());
    if (!pumped.ok()) return pumped.status();
    if (!pumped->front().ok() && !connection_->has_reply()) {
      return pumped->front();
    }
  }
  return replies;
}

}  // namespace slotplanner::differential
