// SPDX-License-Identifier: Apache-2.0
#include "service/topology/refresh_requests.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <mutex>
#include <stop_token>
#include <utility>

#include "absl/time/time.h"

namespace slotplanner {
namespace {

// For the waits of condition variables: an infinite duration would overflow
// their clock.
std::chrono::nanoseconds ToFiniteWait(absl::Duration duration) {
  return absl::ToChronoNanoseconds(
      std::clamp(duration, absl::ZeroDuration(), absl::Hours(24)));
}

}  // namespace

void RefreshRequests::Request() {
  const std::lock_guard lock(mutex_);
  if (is_requested_) return;
  is_requested_ = true;
  changed_.notify_one();
}

void RefreshRequests::Request(std::function<void()> done) {
  {
    const std::lock_guard lock(mutex_);
    if (!is_closed_) {
      waiting_.push_back(std::move(done));
      if (!is_requested_) {
        is_requested_ = true;
        changed_.notify_one();
      }
      return;
    }
  }
  done();
}

void RefreshRequests::Wait(absl::Duration at_least, absl::Duration at_most,
                           const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, ToFiniteWait(at_least), [] { return false; });
  changed_.wait_for(lock, stop, ToFiniteWait(at_most - at_least),
                    [this] { return is_requested_; });
}

void RefreshRequests::BeginRefresh() {
  const std::lock_guard lock(mutex_);
  is_requested_ = false;
  served_ = std::exchange(waiting_, {});
}

void RefreshRequests::EndRefresh() {
  Waiting served;
  {
    const std::lock_guard lock(mutex_);
    served.swap(served_);
  }
  CallAll(served);
}

void RefreshRequests::Close() {
  Waiting served;
  Waiting left;
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    served.swap(served_);
    left.swap(waiting_);
  }
  CallAll(served);
  CallAll(left);
}

void RefreshRequests::Reopen() {
  const std::lock_guard lock(mutex_);
  is_closed_ = false;
}

void RefreshRequests::CallAll(const Waiting& waiting) {
  for (const auto& done : waiting) done();
}

}  // namespace slotplanner
