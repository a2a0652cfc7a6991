// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "service/commands/command_catalog.h"
#include "tests/e2e/differential/command.h"
#include "tests/e2e/differential/command_table.h"

namespace slotplanner::differential {

// Counts which commands of a catalog a run has tried. Not thread-safe.
class Coverage {
 public:
  // Both outlive this.
  Coverage(const CommandCatalog& catalog, const CommandTable& table);

  // FAILED_PRECONDITION with one line for each command of the catalog that the
  // table neither calls nor leaves out, for each that it leaves out but the
  // catalog does not have, and for each whose replies nobody can compare.
  absl::Status CheckTable() const;

  void CountRefused(const Command& command);
  void CountAnswered(const Command& command, bool with_error);

  // For people: the count of commands tried and of all, then lines about those
  // that were not, those that were only refused or only failed.
  std::string Summary() const;

 private:
  struct Count {
    size_t refused = 0;
    size_t answered = 0;
    size_t failed = 0;
  };

  Count* Find(const Command& command);
  const Exclusion* ExclusionOf(const std::string& name) const;

  const CommandCatalog& catalog_;
  const CommandTable& table_;
  // Of every command and subcommand that can be called, by name. Containers
  // that cannot be called without a subcommand are none.
  std::map<std::string, Count> counts_;
};

}  // namespace slotplanner::differential
