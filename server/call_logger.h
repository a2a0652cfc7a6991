// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/rpc/call_gate.h"

namespace slotplanner {

// Writes a line for each call, at level debug. Thread-safe.
class CallLogger final : public CallLog {
 public:
  bool IsWanted() const override;
  void OnCallEnded(const CallRecord& record) override;
};

}  // namespace slotplanner
