// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>

namespace slotplanner::cli {

// While this lives, the first SIGINT or SIGTERM does not end the process but
// shows here; a second one ends it as ever. There is at most one of it at a
// time. Waits of any thread that the signal reaches end with EINTR.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  bool has_come() const;

 private:
  struct sigaction old_interrupt_;
  struct sigaction old_terminate_;
};

}  // namespace slotplanner::cli
