// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/resp/resp_value.h"

struct redisReader;  // hiredis

namespace slotplanner {

// What one reply may cost. A node past a limit is treated as broken: what it
// declares is never believed before the bytes are there.
struct RespLimits {
  // Bytes of one reply on the wire. 64 MiB holds a CLUSTER SHARDS of 1,000
  // nodes (about 300 bytes each) and a COMMAND reply (about 90 KiB) with room
  // for replies of callers.
  size_t max_reply_bytes = size_t{64} << 20;

  // Values in one reply: the reply itself and all elements of its arrays,
  // however deep. At about 72 bytes a `RespValue`, 4,000,000 are 290 MB.
  size_t max_reply_elements = 4'000'000;
};

// Turns bytes into replies; hiredis' redisReader does the grammar. Arrays nest
// at most 8 deep, which is what a COMMAND reply of Redis 7.0 needs; deeper ones
// are refused. Not thread-safe.
class RespParser {
 public:
  explicit RespParser(const RespLimits& limits);
  ~RespParser();
  RespParser(const RespParser&) = delete;
  RespParser& operator=(const RespParser&) = delete;

  // Adds bytes as they come from the socket. Call `Next` until it gives nothing
  // before feeding more: the limits are looked at there.
  void Feed(std::string_view bytes);

  // The next complete reply; nothing when more bytes are needed;
  // INVALID_ARGUMENT when the bytes are no RESP2 or exceed a limit, from then
  // on for good.
  absl::StatusOr<std::optional<RespValue>> Next();

 private:
  absl::Status Refuse(absl::Status status);

  const RespLimits limits_;
  size_t values_left_;      // For the reply being read.
  size_t fed_bytes_ = 0;    // Since construction.
  size_t reply_begin_ = 0;  // Of the reply being read, as in fed_bytes_.
  absl::Status refusal_;    // What every call answers once it is set.
  redisReader* const reader_;
};

}  // namespace slotplanner
