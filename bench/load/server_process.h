// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include "absl/time/time.h"

namespace slotplanner {

// Processor time that a process has used up to now, all threads together, also
// those that have ended.
absl::Duration CpuTimeOf(pid_t process);

// A server as a process of its own, so that the system tells what it costs. It
// ends with this object, and with this program however that ends.
class ServerProcess {
 public:
  // Runs `command` on the processors `cpus`, all if there are none, and waits
  // until it has told its addresses: its log, on standard error, has for each
  // listener a line with "protocol":"grpc" and "address":"...".
  ServerProcess(const std::vector<std::string>& command, int listener_count,
                const std::vector<int>& cpus);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Of its listeners, in the order in which it told them.
  const std::vector<std::string>& addresses() const { return addresses_; }

  absl::Duration CpuTime() const { return CpuTimeOf(pid_); }

  // Its resident memory, now and at most since it started.
  int64_t ResidentBytes() const { return StatusBytes("VmRSS:"); }
  int64_t PeakResidentBytes() const { return StatusBytes("VmHWM:"); }

 private:
  int64_t StatusBytes(const char* field) const;

  pid_t pid_;
  int log_;  // The reading end of its standard error; open, so it may write.
  std::vector<std::string> addresses_;
};

}  // namespace slotplanner
