// SPDX-License-Identifier: Apache-2.0
#include "service/topology/topology_watch.h"

#include <memory>
#include <mutex>
#include <utility>

#include "service/topology/topology_store.h"

namespace slotplanner {

void TopologyWatch::OnTopology(
    std::shared_ptr<const ClusterSnapshot> snapshot) {
  {
    const std::lock_guard lock(mutex_);
    if (has_ended_) return;
    if (is_sending_) {
      next_.swap(snapshot);
      return;
    }
    is_sending_ = true;
  }
  StartSend(std::move(snapshot));
}

void TopologyWatch::OnSent() {
  std::shared_ptr<const ClusterSnapshot> next;
  {
    const std::lock_guard lock(mutex_);
    next.swap(next_);
    is_sending_ = next != nullptr;
    if (!is_sending_ && !has_ended_) return;
  }
  if (next != nullptr) {
    StartSend(std::move(next));
  } else {
    OnEnded();
  }
}

void TopologyWatch::End() {
  std::shared_ptr<const ClusterSnapshot> dropped;
  {
    const std::lock_guard lock(mutex_);
    if (has_ended_) return;
    has_ended_ = true;
    next_.swap(dropped);
    if (is_sending_) return;
  }
  OnEnded();
}

}  // namespace slotplanner
