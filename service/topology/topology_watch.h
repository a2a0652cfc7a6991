// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>

#include "service/topology/topology_store.h"

namespace slotplanner {

// A watcher that passes topologies on to one consumer which may be slow, such
// as a stream to a client: one send at a time, and what changes meanwhile costs
// nothing, for only the newest is sent next. Holds at most one snapshot beside
// the one being sent. Thread-safe.
//
// A watch begins with `TopologyStore::Watch` and is over after `End`,
// `OnEnded` and `TopologyStore::Unwatch`.
class TopologyWatch : public TopologyWatcher {
 public:
  // Sends `snapshot` now, or after the send that is under way unless a newer
  // one comes before.
  void OnTopology(std::shared_ptr<const ClusterSnapshot> snapshot) final;

  // To be called once after each `StartSend`, when the send is through; may be
  // called within it. Starts the next send if there is something new.
  void OnSent();

  // No send starts from here on. `OnEnded` is called once: within this call, or
  // within the `OnSent` of the send that is under way. Calls after the first
  // have no effect.
  void End();

 private:
  // Begins to send `snapshot` and returns without waiting. Called with no lock
  // held, never again before `OnSent`, never after `OnEnded`.
  virtual void StartSend(std::shared_ptr<const ClusterSnapshot> snapshot) = 0;

  // Nothing is being sent, and nothing will be. This may be destroyed as soon
  // as it does not watch any more.
  virtual void OnEnded() = 0;

  std::mutex mutex_;
  bool is_sending_ = false;  // Guarded by mutex_, as all below.
  bool has_ended_ = false;
  std::shared_ptr<const ClusterSnapshot> next_;  // Null when there is none.
};

}  // namespace slotplanner
