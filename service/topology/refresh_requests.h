// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <vector>

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
  // Costs about 50 bytes until it is called.
  void Request(std::function<void()> done);

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

  // Another refresher takes over.
  void Reopen();

 private:
  using Waiting = std::vector<std::function<void()>>;

  // Requires: mutex_ is not held.
  static void CallAll(const Waiting& waiting);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool is_requested_ = false;  // Guarded by mutex_, as all below.
  bool is_closed_ = false;
  Waiting waiting_;  // For the next refresh, oldest first.
  Waiting served_;   // By the refresh that is under way.
};

}  // namespace slotplanner
