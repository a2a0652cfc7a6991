// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/e2e/differential/redis_session.h"

namespace slotplanner::differential {

// Arguments that only a server can make.
struct ServerMadeArguments {
  std::vector<std::string> payloads;   // Of DUMP, one for each type.
  std::vector<std::string> functions;  // Of FUNCTION DUMP.
  std::vector<std::string> shas;       // Of the scripts of `kSharedScripts`.
};

// Scripts that are only ever loaded on all nodes (`$shared`) and called by
// their digest. Those of EVAL are others, because EVAL makes one node alone
// know the digest.
extern const std::vector<std::string> kSharedScripts;

// The libraries of FUNCTION LOAD.
extern const std::vector<std::string> kLibraries;

// Has the server of `scratch` make them, which changes its functions and
// scripts, and the key "k" of the database that is selected.
absl::StatusOr<ServerMadeArguments> MakeServerMadeArguments(
    RedisSession& scratch);

}  // namespace slotplanner::differential
