// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/work_queue.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <utility>

namespace slotplanner {

WorkQueue::WorkQueue(int threads, std::function<absl::Time()> clock)
    : clock_(std::move(clock)), thread_count_(threads), idle_count_(threads) {
  assert(threads > 0);
  workers_.reserve(static_cast<size_t>(threads));
  for (int i = 0; i < threads; ++i) {
    workers_.emplace_back([this](const std::stop_token& stop) { Run(stop); });
  }
}

WorkQueue::~WorkQueue() = default;

WorkQueue::Outcome WorkQueue::Add(Work work, const Limits& limits) {
  {
    const std::lock_guard lock(mutex_);
    const absl::Time now = clock_();
    // While a worker is idle there is room, whatever the limits.
    if (static_cast<int>(entries_.size()) >= idle_count_) {
      const int waiting = WaitingCount();
      if (waiting >= limits.max_length) return Outcome::kTooLong;
      if (waiting > 0 &&
          (now - entries_.front().add_time > limits.max_delay ||
           usual_run_time_ * waiting / thread_count_ > limits.max_delay)) {
        return Outcome::kTooSlow;
      }
    }
    entries_.push_back({.work = std::move(work), .add_time = now});
  }
  added_.notify_one();
  return Outcome::kAdded;
}

int WorkQueue::length() const {
  const std::lock_guard lock(mutex_);
  return WaitingCount();
}

int WorkQueue::WaitingCount() const {
  return std::max(static_cast<int>(entries_.size()) - idle_count_, 0);
}

void WorkQueue::CountRun(absl::Duration run_time) {
  run_time = std::max(run_time, absl::ZeroDuration());
  usual_run_time_ =
      has_run_ ? usual_run_time_ + (run_time - usual_run_time_) / 8 : run_time;
  has_run_ = true;
}

void WorkQueue::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  // Until told to stop with nothing left.
  while (added_.wait(lock, stop, [this] { return !entries_.empty(); })) {
    Entry entry = std::move(entries_.front());
    entries_.pop_front();
    --idle_count_;
    // The clock may have been put back in between, here and below.
    const absl::Time start = clock_();
    const absl::Duration waited =
        std::max(start - entry.add_time, absl::ZeroDuration());
    lock.unlock();
    entry.work(waited);
    entry.work = nullptr;  // What it holds goes without the lock.
    lock.lock();
    CountRun(clock_() - start);
    ++idle_count_;
  }
}

}  // namespace slotplanner
