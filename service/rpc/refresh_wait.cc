// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/refresh_wait.h"

#include <atomic>
#include <functional>
#include <utility>

#include <grpcpp/alarm.h>

namespace slotplanner {
namespace {

// A wait that is over when its alarm goes off: at `give_up`, or cancelled by
// the end of the refresh. So `then` never runs on the refresher's thread. Owned
// by the alarm and by the request, and deleted by the later of the two.
class RefreshWait {
 public:
  static void Start(RefreshRequests& requests, absl::Time give_up,
                    std::function<void()> then) {
    auto* const wait = new RefreshWait(std::move(then));
    // The alarm first: cancelling it before it is set would have no effect.
    wait->alarm_.Set(absl::ToChronoTime(give_up), [wait](bool) {
      std::exchange(wait->then_, nullptr)();
      wait->Release();
    });
    requests.Request([wait] {
      wait->alarm_.Cancel();
      wait->Release();
    });
  }

 private:
  explicit RefreshWait(std::function<void()> then) : then_(std::move(then)) {}

  void Release() {
    if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  std::function<void()> then_;
  grpc::Alarm alarm_;
  std::atomic<int> owners_ = 2;
};

}  // namespace

void RunAfterRefresh(RefreshRequests& requests, absl::Time give_up,
                     std::function<void()> then) {
  RefreshWait::Start(requests, give_up, std::move(then));
}

}  // namespace slotplanner
