// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <string>

#include <sys/types.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace slotplanner::differential {

// A child process that answers lines on its standard input with lines on its
// standard output, one for one. It shares the standard error. Not thread-safe.
class RunnerProcess {
 public:
  // Starts what `command` says to the shell; it must be one simple command.
  // INTERNAL when no process can be started.
  static absl::StatusOr<RunnerProcess> Start(const std::string& command);

  RunnerProcess(RunnerProcess&& other) noexcept;
  RunnerProcess& operator=(RunnerProcess&&) = delete;

  // Kills it if it still runs.
  ~RunnerProcess();

  // The answer, without its end, to `line`, which has none either. INTERNAL
  // when the process has ended or ends instead; DEADLINE_EXCEEDED when it has
  // not answered after `timeout`. Requires: no call has failed before.
  absl::StatusOr<std::string> Call(const std::string& line,
                                   absl::Duration timeout);

  // Ends its standard input, upon which it must end with exit code 0 within
  // `timeout`. INTERNAL or DEADLINE_EXCEEDED when it does not.
  absl::Status Finish(absl::Duration timeout);

 private:
  RunnerProcess(pid_t process, int input, int output)
      : process_(process), input_(input), output_(output) {}

  absl::Status Write(const std::string& text, absl::Time deadline);
  absl::Status Ended();

  pid_t process_;     // -1: none, or it was waited for.
  int input_;         // -1: closed. Where it reads.
  int output_;        // -1: none. Where it writes.
  std::string read_;  // Of its output, behind the last answer.
};

}  // namespace slotplanner::differential
