// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "slotplanner/v1/advisor_service.pb.h"

#include "service/answers/analyze_keys_input.h"
#include "service/answers/key_counts_messages.h"
#include "tests/support/bulk_requests.h"

namespace slotplanner {

// What was counted, as bytes.
inline std::string BytesOf(const KeyCounts& counts) {
  v1::KeyCounts message;
  FillKeyCounts(counts, /*show_keys=*/true, message);
  return message.SerializeAsString();
}

// Reads `bytes`, which come in pieces of `piece_size`, and counts what is in
// them.
inline ReadInPlace ReadAnalyzeKeysInPlace(const std::string& bytes,
                                          int piece_size) {
  AnalyzeKeysInput input({});
  google::protobuf::io::ArrayInputStream stream(
      bytes.data(), static_cast<int>(bytes.size()), piece_size);
  if (!input.Read(stream, bytes.size())) return ReadInPlace::kGaveUp;

  KeyCounts counts;
  const auto error = input.CountInto(counts);
  v1::AnalyzeKeysRequest expected;
  if (!expected.ParseFromString(bytes)) {
    // Counts are not parsed before they are added.
    return error ? ReadInPlace::kGaveUp : ReadInPlace::kWrong;
  }
  AnalyzeKeysInput parsed({});
  parsed.Take(expected);
  KeyCounts expected_counts;
  const auto expected_error = parsed.CountInto(expected_counts);
  if (error && error->reason == v1::ERROR_REASON_MALFORMED_REQUEST) {
    return ReadInPlace::kGaveUp;  // Groups in counts.
  }
  const bool is_same = std::ranges::equal(input.keys(), parsed.keys()) &&
                       std::ranges::equal(input.weights(), parsed.weights()) &&
                       input.settings().SerializeAsString() ==
                           expected.settings().SerializeAsString() &&
                       error.has_value() == expected_error.has_value() &&
                       BytesOf(counts) == BytesOf(expected_counts);
  return is_same ? ReadInPlace::kAsProtobuf : ReadInPlace::kWrong;
}

}  // namespace slotplanner
