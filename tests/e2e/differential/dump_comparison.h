// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "service/resp/resp_value.h"
#include "tests/e2e/differential/redis_session.h"

namespace slotplanner::differential {

// Puts 0 in place of every time that XINFO and XPENDING tell: how long ago an
// entry was delivered, when a consumer was last seen.
void MaskStreamTimes(RespValue& reply);

// Puts the elements of arrays in one order, those of arrays in them too.
void SortDeeply(RespValue& reply);

// Puts the pairs of an array that stands for a map in one order.
void SortPairs(RespValue& reply);

// Compares what DUMP answers. Hash tables are dumped in an order that differs
// from process to process, streams with the times of deliveries. Not
// thread-safe.
class DumpComparison {
 public:
  // `scratch` is a connection to a server that may create and delete keys in
  // the database that it has selected. It outlives this.
  explicit DumpComparison(RedisSession& scratch) : scratch_(scratch) {}

  // Whether two payloads hold the same value. `from_replica`: one may be a
  // replica's, which does not hear how far the groups of a stream have read.
  absl::StatusOr<bool> AreSame(const std::string& payload,
                               const std::string& other, bool from_replica);

 private:
  absl::StatusOr<RespValue> ContentOf(const std::string& payload,
                                      bool from_replica);

  RedisSession& scratch_;
};

}  // namespace slotplanner::differential
