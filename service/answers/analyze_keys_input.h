// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/io/zero_copy_stream.h>

#include "slotplanner/v1/advisor_service.pb.h"

#include "service/advice/key_counts.h"
#include "service/answers/api_error.h"
#include "service/answers/request_limits.h"

namespace slotplanner {

// One message of an AnalyzeKeys stream: views of its keys, 16 bytes each, and 8
// for a weight. One object may read a whole stream, a message after the other,
// and then allocates only for messages larger than those before.
//
// Call one of `Read`, `ReadAsMessage` and `Take`; after a `Read` that returned
// false, `ReadAsMessage` of the same bytes. Then `CountInto`.
class AnalyzeKeysInput {
 public:
  using Message = v1::AnalyzeKeysRequest;

  // Keys and weights beyond the limit are counted but not kept.
  explicit AnalyzeKeysInput(const RequestLimits& limits)
      : max_keys_(limits.max_keys) {}
  AnalyzeKeysInput(const AnalyzeKeysInput&) = delete;
  AnalyzeKeysInput& operator=(const AnalyzeKeysInput&) = delete;

  // Reads the `size` bytes of `bytes` in place (see `WireReader`); they must
  // stay until the next call of these three. False: they are no request, or one
  // in an unusual form.
  bool Read(google::protobuf::io::ZeroCopyInputStream& bytes, size_t size);

  // Reads them by protobuf's own parser. False: they are no request, or more
  // than `WireReader::kMaxUnusualSize`.
  bool ReadAsMessage(google::protobuf::io::ZeroCopyInputStream& bytes,
                     size_t size);

  // Requires: `request` outlives the next call of these three.
  void Take(const v1::AnalyzeKeysRequest& request);

  // Those of this message; only those of a stream's first count.
  const v1::AnalysisSettings& settings() const { return *settings_; }

  // How many keys the message has.
  int64_t key_count() const { return key_count_; }

  // The keys, in their order, and what they weigh; no weights if each weighs 1.
  // Views are as long-lived as the bytes of the message.
  std::span<const std::string_view> keys() const { return keys_; }
  std::span<const int64_t> weights() const { return weights_; }

  // Counts all of the message, or nothing if there is an error: TOO_MANY keys,
  // other than as many weights as keys, a weight or a number of `counts`
  // OUT_OF_RANGE, and what `AddSerializedKeyCounts` has. An empty message is
  // none.
  std::optional<ApiError> CountInto(KeyCounts& counts) const;

 private:
  void Clear();

  void AddKey(std::string_view key) {
    if (key_count_++ < max_keys_) keys_.push_back(key);
  }

  void AddWeight(int64_t weight) {
    if (weight_count_++ < max_keys_) weights_.push_back(weight);
  }

  // Those of a packed field. False: they are none.
  bool AddWeights(std::string_view packed);

  std::optional<ApiError> Check() const;

  const int64_t max_keys_;
  std::deque<std::string> pieced_together_;
  v1::AnalyzeKeysRequest message_;
  v1::AnalysisSettings own_settings_;  // Of a request read in place.
  const v1::AnalysisSettings* settings_ = &own_settings_;
  int64_t key_count_ = 0;
  int64_t weight_count_ = 0;
  std::vector<std::string_view> keys_;
  std::vector<int64_t> weights_;
  // One of both, or neither.
  std::optional<std::string_view> serialized_counts_;
  const v1::KeyCounts* counts_ = nullptr;
};

}  // namespace slotplanner
