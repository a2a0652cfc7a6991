// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "client/cli/monitor_file.h"

namespace slotplanner::cli {

// Puts the commands of transactions together that stand apart because other
// clients sent theirs meanwhile. Not thread-safe.
class ClientTransactions {
 public:
  // The arguments of a command, the name first.
  using Arguments = std::vector<std::string>;

  // How much waits for EXEC at most, of all clients together, MULTI included:
  // with 150 bytes for a command of three arguments beside their bytes, about
  // 31 MiB. At more than that, all that waits comes back without an end.
  static constexpr size_t kMaxCommands = 100'000;
  static constexpr size_t kMaxBytes = size_t{16} << 20;

  // Takes the next command of the file. Returns those whose turn it is now, in
  // their order: none while a transaction of this client is open; with its
  // EXEC or DISCARD all of it from MULTI on; else the command itself. When a
  // client begins another, what it has left open comes back without an end.
  // What scripts call is of no transaction.
  std::vector<Arguments> Take(SentCommand command);

  // At the end of the file: what still waits, transaction by transaction,
  // ascending by client.
  std::vector<Arguments> TakeRest();

 private:
  // Takes the open transaction of `client`, if there is one.
  std::vector<Arguments> Close(const std::string& client);
  void Append(const std::string& client, Arguments args);

  // From MULTI on, by client.
  absl::flat_hash_map<std::string, std::vector<Arguments>> open_;
  size_t command_count_ = 0;  // In `open_`.
  size_t bytes_ = 0;          // Of arguments in `open_`.
};

}  // namespace slotplanner::cli
