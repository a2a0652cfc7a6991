// SPDX-License-Identifier: Apache-2.0
#include "service/answers/analyze_workload_input.h"

#include <string_view>

#include "service/answers/analysis_settings.h"
#include "service/answers/wire_reader.h"

namespace slotplanner {
namespace {

constexpr auto kSettingsTag =
    WireReader::BytesTag(v1::AnalyzeWorkloadRequest::kSettingsFieldNumber);
constexpr auto kCommandsTag =
    WireReader::BytesTag(v1::AnalyzeWorkloadRequest::kCommandsFieldNumber);

}  // namespace

bool AnalyzeWorkloadInput::Read(
    google::protobuf::io::ZeroCopyInputStream& bytes, size_t size) {
  Clear();
  WireReader reader(bytes, size, pieced_together_);
  std::optional<std::string_view> settings;
  std::string unknown;
  while (true) {
    commands_.TakeRun(reader, kCommandsTag);
    const WireReader::Tag tag = reader.NextTag();
    if (tag == WireReader::kEnd) break;
    if (tag == WireReader::kGaveUp) return false;
    if (tag == kCommandsTag) {
      if (!commands_.Read(reader)) return false;
    } else if (tag == kSettingsTag) {
      // A second one is merged with the first, which is left to protobuf.
      if (settings) return false;
      if (!reader.ReadBytes(settings.emplace())) return false;
    } else if (!reader.CopyField(tag, unknown)) {
      return false;
    }
  }
  commands_.Finish();
  return !settings || ParseSettings(*settings, own_settings_);
}

bool AnalyzeWorkloadInput::ReadAsMessage(
    google::protobuf::io::ZeroCopyInputStream& bytes, size_t size) {
  Clear();
  if (size > WireReader::kMaxUnusualSize) return false;
  if (!message_.ParseFromZeroCopyStream(&bytes)) return false;
  Take(message_);
  return true;
}

void AnalyzeWorkloadInput::Take(const v1::AnalyzeWorkloadRequest& request) {
  Clear();
  settings_ = &request.settings();
  for (const v1::Command& command : request.commands()) commands_.Add(command);
  commands_.Finish();
}

std::optional<ApiError> AnalyzeWorkloadInput::CountInto(
    const ClusterSnapshot& snapshot, const ClusterSnapshot* what_if,
    WorkloadCounts& counts) const {
  if (auto error = commands_.Check()) return error;
  counts.Add(snapshot, commands_.commands(), what_if);
  return std::nullopt;
}

void AnalyzeWorkloadInput::Clear() {
  commands_.Clear();
  pieced_together_.clear();
  own_settings_.Clear();
  settings_ = &own_settings_;
}

}  // namespace slotplanner
