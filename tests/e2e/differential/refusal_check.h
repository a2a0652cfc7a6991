// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "absl/status/statusor.h"
#include "service/commands/command_catalog.h"
#include "tests/e2e/differential/command.h"
#include "tests/e2e/differential/redis_session.h"

namespace slotplanner::differential {

// Commands of a batch that take effect together or not at all (rule D3).
struct Transaction {
  std::vector<size_t> watches = {};  // WATCH commands before MULTI.
  size_t multi = 0;
  std::vector<size_t> inside = {};  // Between MULTI and the end.
  bool is_closed = false;           // By EXEC or DISCARD, which comes last.

  // All of them, in the order of the batch.
  std::vector<size_t> Members() const;
};
std::vector<Transaction> FindTransactions(const CommandCatalog& catalog,
                                          const std::vector<Command>& batch);

// Whether a standalone server must answer a command so refused with an error:
// the command is wrong, not only in a cluster.
bool IsForBadCommand(v1::RefusalReason reason);

// How a cluster routes a command.
struct Routing {
  std::optional<int> slot = {};  // Nothing for a command without keys.
  bool crosses_slots = false;
};

// Tells whether refusals are right without the planner's code: a cluster says
// which slots a command needs, a standalone server which arguments are keys and
// which commands are wrong. Not thread-safe.
class RefusalCheck {
 public:
  // `scratch` is a connection to a standalone server that may create keys in
  // the database that it has selected; `nodes` are connections to two primaries
  // of the cluster. All references outlive this.
  RefusalCheck(const CommandCatalog& catalog, RedisSession& scratch,
               std::array<RedisSession, 2> nodes)
      : catalog_(catalog), scratch_(scratch), nodes_(std::move(nodes)) {}

  // Whether a command of its own is refused for good reason. For a bad command
  // this does not ask the server (see `IsForBadCommand`).
  absl::StatusOr<bool> IsRight(const Command& command,
                               const v1::Refusal& refusal);

  // Whether a whole transaction is.
  absl::StatusOr<bool> IsRight(const std::vector<Command>& batch,
                               const Transaction& transaction);

 private:
  absl::StatusOr<Routing> RoutingOf(const Command& command);
  absl::StatusOr<bool> HasKeysInSeveralSlots(const Command& command);
  bool IsNeverPlanned(const Command& command) const;

  const CommandCatalog& catalog_;
  RedisSession& scratch_;
  std::array<RedisSession, 2> nodes_;
};

}  // namespace slotplanner::differential
