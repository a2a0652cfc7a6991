// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "service/resp/resp_connection.h"
#include "tests/e2e/differential/command.h"

namespace slotplanner::differential {

// `host:port`. INVALID_ARGUMENT when it is not.
absl::StatusOr<RespEndpoint> ParseEndpoint(const std::string& text);

// One connection to one server, whose commands are answered in order, as a
// caller's driver would have it. Not thread-safe; calls block, for a minute at
// most.
class RedisSession {
 public:
  static absl::StatusOr<RedisSession> Connect(const RespEndpoint& endpoint);

  absl::StatusOr<RespValue> Call(const Command& command);

  // The replies of all commands, which go out in one pipeline.
  absl::StatusOr<std::vector<RespValue>> CallAll(
      const std::vector<Command>& commands);

 private:
  explicit RedisSession(std::unique_ptr<RespConnection> connection)
      : connection_(std::move(connection)) {}

  std::unique_ptr<RespConnection> connection_;
};

}  // namespace slotplanner::differential
