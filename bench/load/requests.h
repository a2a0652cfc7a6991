// SPDX-License-Identifier: Apache-2.0
// The requests of the scenarios, and whether a reply is what was asked for.
// Keys are random, but the same in every run.
#pragma once

#include <functional>
#include <string>

#include "slotplanner/v1/slot_planner_service.pb.h"

namespace slotplanner {

// A call of the API, ready to send.
struct ApiCall {
  std::string method;
  std::string request;  // Serialized.
  int items = 0;        // Keys or commands.
  // Whether a serialized response has the right shape: answers count only when
  // they answer.
  std::function<bool(const std::string& response)> is_answer;
};

// Whether the server has a topology.
ApiCall TopologyCall();

// The slot of one key.
ApiCall KeyslotCall();

// Groups so many keys of 20 bytes.
ApiCall GroupKeysCall(v1::Grouping grouping, int keys);

// Plans one MGET of so many keys of 20 bytes.
ApiCall PlanMgetCall(int keys);

// Plans one MGET of so many keys that share a slot, which stays one command:
// most of the work is the server's.
ApiCall PlanMgetOfOneSlotCall(int keys);

// Plans so many commands that go to every primary: the larger the cluster, the
// more work a few bytes ask for.
ApiCall PlanFanOutCall(int commands);

// Plans so many GETs of keys of that length.
ApiCall PlanGetsCall(int commands, int key_bytes);

}  // namespace slotplanner
