// SPDX-License-Identifier: Apache-2.0
#include "client/cli/json_text.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace slotplanner::cli {
namespace {

// Length of the sequence that starts with `lead`, or 0 if none does. The bits
// of the code point in `lead` go to `code_point`, the smallest code point that
// needs that length to `smallest`.
size_t SequenceLength(uint8_t lead, uint32_t& code_point, uint32_t& smallest) {
  if (lead < 0x80) {
    code_point = lead;
    smallest = 0;
    return 1;
  }
  if (lead >> 5 == 0b110) {
    code_point = lead & 0x1f;
    smallest = 0x80;
    return 2;
  }
  if (lead >> 4 == 0b1110) {
    code_point = lead & 0x0f;
    smallest = 0x800;
    return 3;
  }
  if (lead >> 3 == 0b11110) {
    code_point = lead & 0x07;
    smallest = 0x10000;
    return 4;
  }
  return 0;
}

}  // namespace

bool IsUtf8(std::string_view bytes) {
  while (!bytes.empty()) {
    uint32_t code_point = 0;
    uint32_t smallest = 0;
    const size_t length =
        SequenceLength(static_cast<uint8_t>(bytes[0]), code_point, smallest);
    if (length == 0 || length > bytes.size()) return false;
    for (const char c : bytes.substr(1, length - 1)) {
      const auto byte = static_cast<uint8_t>(c);
      if (byte >> 6 != 0b10) return false;
      code_point = code_point << 6 | (byte & 0x3fu);
    }
    const bool is_surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
    if (code_point < smallest || code_point > 0x10ffff || is_surrogate) {
      return false;
    }
    bytes.remove_prefix(length);
  }
  return true;
}

std::string JsonString(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += {'\\', c};
    } else if (static_cast<uint8_t>(c) < 0x20) {
      absl::StrAppend(&json, "\\u",
                      absl::Hex(static_cast<uint8_t>(c), absl::kZeroPad4));
    } else {
      json += c;
    }
  }
  return json + '"';
}

}  // namespace slotplanner::cli
