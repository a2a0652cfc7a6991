// SPDX-License-Identifier: Apache-2.0
#include "server/file_limit.h"

#include <limits>

#include <sys/resource.h>

namespace slotplanner {
namespace {

// For what is no connection of a caller: listeners, gRPC's and the log's own
// (about 30), the admin listener's connections, and those to the nodes of
// clusters, of which each refresher keeps 100 or a few more.
constexpr rlim_t kReservedFiles = 256;

}  // namespace

void RaiseFileLimit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int ConnectionsThatFit() {
  constexpr int kMost = std::numeric_limits<int>::max();
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kMost;
  if (limit.rlim_max <= kReservedFiles) return 0;
  const rlim_t fit = limit.rlim_max - kReservedFiles;
  return fit >= rlim_t{kMost} ? kMost : static_cast<int>(fit);
}

}  // namespace slotplanner
