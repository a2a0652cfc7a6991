// SPDX-License-Identifier: Apache-2.0
#include "service/topology/refresh_requests.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
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

uint64_t RefreshRequests::Request(std::function<void()> done) {
  uint64_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    id = next_id_++;
    if (!is_closed_) {
      waiting_.emplace_hint(waiting_.end(), id, std::move(done));
      if (!is_requested_) {
        is_requested_ = true;
        changed_.notify_one();
      }
      return id;
    }
  }
  done();
  return id;
}

bool RefreshRequests::Cancel(uint64_t id) {
  std::function<void()> dropped;
  const std::lock_guard lock(mutex_);
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return false;
  // Freed after the lock: nobody knows what it holds.
  dropped.swap(found->second);
  waiting_.erase(found);
  return true;
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
  begin_id_ = next_id_;
}

void RefreshRequests::EndRefresh() {
  Waiting served;
  {
    const std::lock_guard lock(mutex_);
    served = TakeBefore(begin_id_);
  }
  CallAll(served);
}

void RefreshRequests::Close() {
  Waiting left;
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    left = TakeBefore(next_id_);
  }
  CallAll(left);
}

RefreshRequests::Waiting RefreshRequests::TakeBefore(uint64_t end_id) {
  Waiting taken;
  while (!waiting_.empty() && waiting_.begin()->first < end_id) {
    taken.insert(taken.end(), waiting_.extract(waiting_.begin()));
  }
  return taken;
}

void RefreshRequests::CallAll(const Waiting& waiting) {
  for (const auto& [id, done] : waiting) done();
}

}  // namespace slotplanner
