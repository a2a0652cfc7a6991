// SPDX-License-Identifier: Apache-2.0
#include "server/call_logger.h"

#include "server/log.h"

namespace slotplanner {

bool CallLogger::IsWanted() const { return IsLogged(LogLevel::kDebug); }

void CallLogger::OnCallEnded(const CallRecord& record) {
  Log(LogLevel::kDebug, "call",
      {{"method", record.method},
       {"code", static_cast<int>(record.code)},
       {"duration_seconds", record.duration},
       {"request_id", record.request_id},
       {"caller", record.caller}});
}

}  // namespace slotplanner
