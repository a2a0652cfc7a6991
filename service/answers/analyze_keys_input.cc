// SPDX-License-Identifier: Apache-2.0
#include "service/answers/analyze_keys_input.h"

#include "service/answers/analysis_settings.h"
#include "service/answers/key_counts_messages.h"
#include "service/answers/wire_reader.h"

namespace slotplanner {
namespace {

constexpr auto kSettingsTag =
    WireReader::BytesTag(v1::AnalyzeKeysRequest::kSettingsFieldNumber);
constexpr auto kKeysTag =
    WireReader::BytesTag(v1::AnalyzeKeysRequest::kKeysFieldNumber);
constexpr auto kPackedWeightsTag =
    WireReader::BytesTag(v1::AnalyzeKeysRequest::kWeightsFieldNumber);
constexpr auto kCountsTag =
    WireReader::BytesTag(v1::AnalyzeKeysRequest::kCountsFieldNumber);
// A weight in a field of its own: with wire type 0.
constexpr auto kSingleWeightTag = kPackedWeightsTag & ~WireReader::Tag{7};

}  // namespace

bool AnalyzeKeysInput::Read(google::protobuf::io::ZeroCopyInputStream& bytes,
                            size_t size) {
  Clear();
  WireReader reader(bytes, size, pieced_together_);
  std::optional<std::string_view> settings;
  std::string unknown;
  const auto add_key = [this](std::string_view key) {
    AddKey(key);
    return true;
  };
  while (true) {
    reader.TakeRun(kKeysTag, add_key);
    const WireReader::Tag tag = reader.NextTag();
    if (tag == WireReader::kEnd) break;
    if (tag == WireReader::kGaveUp || tag == kSingleWeightTag) return false;
    const bool is_known = tag == kKeysTag || tag == kPackedWeightsTag ||
                          tag == kSettingsTag || tag == kCountsTag;
    std::string_view field;
    if (!(is_known ? reader.ReadBytes(field)
                   : reader.CopyField(tag, unknown))) {
      return false;
    }
    if (tag == kKeysTag) {
      AddKey(field);
    } else if (tag == kPackedWeightsTag) {
      if (!AddWeights(field)) return false;
    } else if (tag == kSettingsTag || tag == kCountsTag) {
      // A second one is merged with the first, which is left to protobuf.
      auto& message = tag == kSettingsTag ? settings : serialized_counts_;
      if (message) return false;
      message = field;
    }
  }
  return !settings || ParseSettings(*settings, own_settings_);
}

bool AnalyzeKeysInput::ReadAsMessage(
    google::protobuf::io::ZeroCopyInputStream& bytes, size_t size) {
  Clear();
  if (size > WireReader::kMaxUnusualSize) return false;
  if (!message_.ParseFromZeroCopyStream(&bytes)) return false;
  Take(message_);
  return true;
}

void AnalyzeKeysInput::Take(const v1::AnalyzeKeysRequest& request) {
  Clear();
  settings_ = &request.settings();
  if (request.has_counts()) counts_ = &request.counts();
  for (const std::string& key : request.keys()) AddKey(key);
  for (const int64_t weight : request.weights()) AddWeight(weight);
}

std::optional<ApiError> AnalyzeKeysInput::CountInto(KeyCounts& counts) const {
  if (auto error = Check()) return error;
  if (serialized_counts_) {
    auto error = AddSerializedKeyCounts(*serialized_counts_, counts);
    if (error) return error;
  }
  if (counts_ != nullptr) {
    if (auto error = AddKeyCounts(*counts_, counts)) return error;
  }
  if (weights_.empty()) {
    for (const std::string_view key : keys_) counts.Add(key);
  } else {
    for (size_t i = 0; i < keys_.size(); ++i) {
      counts.Add(keys_[i], weights_[i]);
    }
  }
  return std::nullopt;
}

void AnalyzeKeysInput::Clear() {
  pieced_together_.clear();
  own_settings_.Clear();
  settings_ = &own_settings_;
  key_count_ = 0;
  weight_count_ = 0;
  keys_.clear();
  weights_.clear();
  serialized_counts_.reset();
  counts_ = nullptr;
}

bool AnalyzeKeysInput::AddWeights(std::string_view packed) {
  // Ten groups of seven bits are more than 64; protobuf drops what is above.
  constexpr int kMaxShift = 63;
  uint64_t weight = 0;
  int shift = 0;
  for (const char c : packed) {
    if (shift > kMaxShift) return false;
    const auto byte = static_cast<unsigned char>(c);
    weight |= static_cast<uint64_t>(byte & 0x7fu) << shift;
    if (byte >= 0x80) {
      shift += 7;
      continue;
    }
    AddWeight(static_cast<int64_t>(weight));
    weight = 0;
    shift = 0;
  }
  return shift == 0;
}

std::optional<ApiError> AnalyzeKeysInput::Check() const {
  if (key_count_ > max_keys_) {
    return TooManyError("keys", "keys", key_count_, max_keys_);
  }
  if (weight_count_ != 0 && weight_count_ != key_count_) {
    return UnequalCountsError("weights", weight_count_, "keys", key_count_);
  }
  for (const int64_t weight : weights_) {
    if (weight < 0 || weight > KeyCounts::kMaxWeight) {
      return OutOfRangeError("weights", weight, 0, KeyCounts::kMaxWeight);
    }
  }
  return std::nullopt;
}

}  // namespace slotplanner
