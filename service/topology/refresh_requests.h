// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>

#include "absl/time/time.h"

namespace slotplanner {

// The mailbox between those who want a cluster looked at again and the
// refresher that does it. However many ask, the next refresh serves them all;
// when that may begin is up to the refresher. Thread-safe.
class RefreshRequests {
 public:
  // Asks for a refresh that begins after this call. Never blocks; a request
  // while another one waits costs one lock.
  void Request();

  // The same, and `done` is called once after that refresh has ended, well or
  // badly, on the refresher's thread, so it must return soon. When the
  // refresher stops first it is called then; when it has stopped already,
  // within this call. While there is no refresher yet, it waits for one.
  // Returns what `Cancel` takes. Costs about 100 bytes until it is called.
  uint64_t Request(std::function<void()> done);

  // Drops the `done` of that request, which is never called then; the refresh
  // still takes place. False when it is too late: it was called, or is about to
  // be called.
  bool Cancel(uint64_t id);

  // What follows is for the one refresher that serves the requests.

  // Returns after `at_most`, or as soon as there is a request and `at_least` is
  // over, or at once when `stop` is requested.
  void Wait(absl::Duration at_least, absl::Duration at_most,
            const std::stop_token& stop);

  // A refresh begins: it serves the requests up to here.
  void BeginRefresh();

  // It has ended: calls the `done` of each request that it served.
  void EndRefresh();

  // No refresh begins any more: calls every `done` that waits, and from now on
  // each new one at once.
  void Close();

 private:
  using Waiting = std::map<uint64_t, std::function<void()>>;

  // Removes the requests before `end_id`. Requires: mutex_ is held.
  Waiting TakeBefore(uint64_t end_id);
  // Requires: mutex_ is not held.
  static void CallAll(const Waiting& waiting);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool is_requested_ = false;  // Guarded by mutex_, as all below.
  bool is_closed_ = false;
  uint64_t next_id_ = 0;
  uint64_t begin_id_ = 0;  // The first that the last refresh does not serve.
  Waiting waiting_;        // By ID, oldest first.
};

}  // namespace slotplanner
