// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/e2e/differential/dump_comparison.h"
#include "tests/e2e/differential/redis_session.h"

namespace slotplanner::differential {

struct KeyspaceDifferences {
  size_t key_count = 0;                  // Of the standalone server.
  std::vector<std::string> differences;  // One line each.
};

// Compares all keys of a cluster, given by its primaries, with those of a
// standalone server: that there are the same keys, with the same values, and
// the same times to live but for two seconds. `were_replicas`: as of
// `DumpComparison::AreSame`, because replicas have taken over.
absl::StatusOr<KeyspaceDifferences> CompareKeyspaces(
    const std::vector<RespEndpoint>& primaries, RedisSession& standalone,
    DumpComparison& dumps, bool were_replicas);

}  // namespace slotplanner::differential
