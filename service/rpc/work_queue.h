// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace slotplanner {

// Worker threads for large calls, so that gRPC's own threads stay free for
// small ones and for health. What finds no worker idle waits its turn, first
// come first served, but only so much and so long: past that it is refused at
// once, while its caller can still ask elsewhere. Thread-safe.
class WorkQueue {
 public:
  // How much may wait. It may differ from call to call.
  struct Limits {
    int max_length;  // 0: nothing waits, work runs only if a worker is idle.
    // When what waits longest has waited longer than this, nothing is added;
    // nor when what is added would wait longer, going by how long work took
    // lately. Else as much would be let in until the first rule bites as then
    // waits in vain for several times this long.
    absl::Duration max_delay;
  };

  enum class Outcome {
    kAdded,
    kTooLong,  // As much waits as may.
    kTooSlow,  // The oldest waits too long already, or this one would.
  };

  // Told how long it waited for a worker. It must not throw.
  using Work = absl::AnyInvocable<void(absl::Duration waited)>;

  // `clock` is called under a lock, by any thread. Requires: threads > 0.
  explicit WorkQueue(int threads,
                     std::function<absl::Time()> clock = absl::Now);

  // Runs what was added, then stops. Requires: nobody adds any more.
  ~WorkQueue();

  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  // Runs `work` once on a worker, soon or after what was added before. Refused
  // work is destroyed and never runs.
  Outcome Add(Work work, const Limits& limits);

  // How much waits. Work that an idle worker is about to take does not wait.
  int length() const;

 private:
  struct Entry {
    Work work;
    absl::Time add_time;
  };

  // Requires: mutex_ is held, both.
  int WaitingCount() const;
  void CountRun(absl::Duration run_time);
  void Run(const std::stop_token& stop);

  const std::function<absl::Time()> clock_;
  mutable std::mutex mutex_;
  std::condition_variable_any added_;
  const int thread_count_;
  std::deque<Entry> entries_;  // Guarded by mutex_, as the next three.
  int idle_count_;             // Workers that run nothing.
  // How long work takes: an average in which the last eight or so count most.
  absl::Duration usual_run_time_;
  bool has_run_ = false;
  std::vector<std::jthread> workers_;  // The last member: they use the others.
};

}  // namespace slotplanner
