// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/e2e/differential/random.h"
#include "tests/e2e/differential/server_made_arguments.h"

namespace slotplanner::differential {

// Draws the arguments of commands by the names that the command table has for
// them. Keys come from pools, one for each type: tagged, untagged, binary. Most
// commands get keys of one hash tag only, so that those with several keys are
// carried out often enough, and keys of the type that they are for. Not
// thread-safe.
class ArgumentSource {
 public:
  ArgumentSource(ServerMadeArguments server_made, Random& random)
      : server_made_(std::move(server_made)), random_(random) {}

  // Whether there are arguments of that name, and keys of that kind.
  static bool Knows(std::string_view name);
  static bool KnowsKeys(std::string_view kind);

  // Chooses anew where keys are drawn from, and forgets labels. What follows is
  // drawn for commands that belong together.
  void BeginItem();

  // Forgets the keys of the command before.
  void BeginCommand() { keys_.clear(); }

  // The arguments that `name` stands for; mostly one. Requires: Knows(name).
  std::vector<std::string> Draw(const std::string& name,
                                const std::string& label);

  // A number of keys, then the keys. Requires: KnowsKeys(kind).
  std::vector<std::string> DrawCountedKeys(const std::string& kind);

 private:
  std::string DrawKey(std::string_view kind);
  std::string DrawOne(std::string_view name);
  std::string DrawValue();
  std::string DrawStreamId();
  std::vector<std::string> DrawStreams();

  const ServerMadeArguments server_made_;
  Random& random_;
  std::optional<size_t> tag_;      // Index of the item's tag; nothing: any key.
  std::vector<std::string> keys_;  // Of the current command, so far.
  size_t last_key_count_ = 1;
  int64_t newest_stream_ms_ = 1;
  std::map<std::pair<std::string, std::string>, std::vector<std::string>>
      labelled_;
};

}  // namespace slotplanner::differential
