// SPDX-License-Identifier: Apache-2.0
// A large request that is read in place is what protobuf's own parser makes of
// its bytes, in however many pieces they come.
//
// Input: the first byte is the size of the pieces, the rest is the request.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "tests/support/bulk_requests.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using slotplanner::ReadInPlace;
  if (size == 0) return 0;
  const int piece_size = data[0] + 1;
  const std::string bytes(data + 1, data + size);
  if (slotplanner::ReadGroupKeysInPlace(bytes, piece_size) ==
          ReadInPlace::kWrong ||
      slotplanner::ReadPlanBatchInPlace(bytes, piece_size) ==
          ReadInPlace::kWrong ||
      slotplanner::ReadAnalyzeWorkloadInPlace(bytes, piece_size) ==
          ReadInPlace::kWrong) {
    std::abort();
  }
  return 0;
}
