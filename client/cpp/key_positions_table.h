// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "slotplanner/v1/slot_planner_service.pb.h"
#include "slotplanner/v1/topology_service.pb.h"

#include "absl/container/flat_hash_map.h"

namespace slotplanner {

// Which arguments of which command the planner reads, as
// `TopologyService.GetKeyPositions` says; so that all others need not travel.
// Immutable, hence thread-safe.
class KeyPositionsTable {
 public:
  explicit KeyPositionsTable(const v1::GetKeyPositionsResponse& positions);

  // Whether the command, and its subcommand if it has one, is in the table. An
  // empty command is: there is nothing to know about it.
  bool Lists(const v1::Command& command) const;

  // The command with an empty argument in place of each one that is not read;
  // of what the table does not list, all but the name and the subcommand. O(all
  // that is read).
  v1::Command WithoutValues(const v1::Command& command) const;

  // The same of each command of `request`; the rest of it as it is.
  v1::PlanBatchRequest WithoutValues(const v1::PlanBatchRequest& request) const;

 private:
  // What is listed of a command: of the container, and of the subcommand. Each
  // is null when there is none.
  struct Entries {
    const v1::KeyPositions* command;
    const v1::KeyPositions* subcommand;
  };
  Entries Find(const v1::Command& command) const;
  const v1::KeyPositions* FindName(std::string_view container,
                                   std::string_view name) const;

  // By name, in lower case; subcommands by `container|name`.
  absl::flat_hash_map<std::string, v1::KeyPositions> positions_;
  size_t max_name_bytes_ = 0;
};

}  // namespace slotplanner
