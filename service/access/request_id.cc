// SPDX-License-Identifier: Apache-2.0
#include "service/access/request_id.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"

namespace slotplanner {
namespace {

constexpr size_t kMaxRequestIdBytes = 128;

bool IsRequestId(std::string_view text) {
  return !text.empty() && text.size() <= kMaxRequestIdBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isgraph(static_cast<unsigned char>(c)) &&
                  c != '"' && c != '\\';
         });
}

bool IsLowerHex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool IsZero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

// The trace id of `version-traceid-parentid-flags`. What later versions than 00
// may have behind that begins with a dash.
std::string_view TraceIdOf(std::string_view traceparent) {
  constexpr size_t kSize = 2 + 1 + 32 + 1 + 16 + 1 + 2;
  if (traceparent.size() < kSize || traceparent[2] != '-' ||
      traceparent[35] != '-' || traceparent[52] != '-') {
    return {};
  }
  const std::string_view version = traceparent.substr(0, 2);
  const std::string_view trace_id = traceparent.substr(3, 32);
  const std::string_view parent_id = traceparent.substr(36, 16);
  const std::string_view flags = traceparent.substr(53, 2);
  if (!IsLowerHex(version) || !IsLowerHex(trace_id) || !IsLowerHex(parent_id) ||
      !IsLowerHex(flags)) {
    return {};
  }
  if (version == "ff" || IsZero(trace_id) || IsZero(parent_id)) return {};
  const bool has_more = traceparent.size() > kSize;
  if (has_more && (version == "00" || traceparent[kSize] != '-')) return {};
  return trace_id;
}

}  // namespace

std::string_view RequestIdOf(std::string_view x_request_id,
                             std::string_view traceparent) {
  return IsRequestId(x_request_id) ? x_request_id : TraceIdOf(traceparent);
}

}  // namespace slotplanner
