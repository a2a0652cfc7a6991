// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "service/commands/command_catalog.h"
#include "tests/e2e/differential/argument_source.h"
#include "tests/e2e/differential/command.h"
#include "tests/e2e/differential/command_table.h"
#include "tests/e2e/differential/random.h"

namespace slotplanner::differential {

// Makes random batches from the templates of a table, all of them drawn about
// as often as their weights say: single commands, a few of them spoilt, and
// transactions. Not thread-safe.
class BatchGenerator {
 public:
  // Requires: `arguments` knows all names of `table`. All references outlive
  // this.
  BatchGenerator(const CommandTable& table, const CommandCatalog& catalog,
                 ArgumentSource& arguments, Random& random);

  // A batch of up to `max_size` commands, or a few more where commands belong
  // together. It leaves no key watched.
  std::vector<Command> Next(size_t max_size);

 private:
  const CommandTemplate& DrawTemplate();
  Command Expand(const Syntax& syntax);
  void AppendSyntax(const Syntax& syntax, Command& command);
  void AppendSingle(std::vector<Command>& batch);
  void AppendTransaction(std::vector<Command>& batch);
  Command DrawForTransaction();
  void Spoil(Command& command);

  const CommandTable& table_;
  const CommandCatalog& catalog_;
  ArgumentSource& arguments_;
  Random& random_;
  // Templates that are still to be drawn until all have had their turn.
  std::vector<const CommandTemplate*> deck_;
  std::vector<const CommandTemplate*> for_transactions_;
};

}  // namespace slotplanner::differential
