// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <google/protobuf/io/zero_copy_stream.h>

#include "slotplanner/v1/slot_planner_service.pb.h"

#include "service/answers/request_limits.h"
#include "service/slots/hash_slot.h"

namespace slotplanner {

// A GroupKeys request as far as its answer depends on it: of a key that is the
// slot, so none is kept. Two bytes a key.
//
// Make one, then call one of `Read`, `ReadAsMessage` and `Take`; after a `Read`
// that returned false, `ReadAsMessage` of the same bytes.
class GroupKeysInput {
 public:
  using Message = v1::GroupKeysRequest;

  // Keys beyond the limit are counted but not hashed.
  explicit GroupKeysInput(const RequestLimits& limits)
      : max_keys_(limits.max_keys) {}
  GroupKeysInput(const GroupKeysInput&) = delete;
  GroupKeysInput& operator=(const GroupKeysInput&) = delete;

  // Reads the `size` bytes of `bytes` in place (see `WireReader`). False: they
  // are no request, or one in an unusual form.
  bool Read(google::protobuf::io::ZeroCopyInputStream& bytes, size_t size);

  // Reads them by protobuf's own parser. False: they are no request, or more
  // than `WireReader::kMaxUnusualSize`.
  bool ReadAsMessage(google::protobuf::io::ZeroCopyInputStream& bytes,
                     size_t size);

  // Requires: `request` outlives this.
  void Take(const v1::GroupKeysRequest& request);

  // The request, where `keys` may be left out.
  const v1::GroupKeysRequest& settings() const { return *settings_; }

  // How many keys there are.
  int64_t key_count() const { return key_count_; }

  // Their slots, in their order.
  std::span<const HashSlot> slots() const { return slots_; }

 private:
  void AddKey(std::string_view key) {
    if (key_count_++ < max_keys_) slots_.push_back(HashSlot::OfKey(key));
  }

  const int64_t max_keys_;
  v1::GroupKeysRequest message_;
  const v1::GroupKeysRequest* settings_ = &message_;
  int64_t key_count_ = 0;
  std::vector<HashSlot> slots_;
};

}  // namespace slotplanner
