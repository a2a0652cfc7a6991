// SPDX-License-Identifier: Apache-2.0
#include "service/advice/template_of_key.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"

namespace slotplanner {
namespace {

// The shortest run of hexadecimal digits that is no word by chance: 32 bits.
constexpr size_t kShortestHexadecimalId = 8;

constexpr std::string_view kUuidShape = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";

bool IsDigit(char c) {
  return absl::ascii_isdigit(static_cast<unsigned char>(c));
}

bool IsHexDigit(char c) {
  return absl::ascii_isxdigit(static_cast<unsigned char>(c));
}

// How many hexadecimal digits `text` begins with.
size_t HexadecimalRun(std::string_view text) {
  size_t size = 0;
  while (size < text.size() && IsHexDigit(text[size])) ++size;
  return size;
}

bool BeginsWithUuid(std::string_view text) {
  if (text.size() < kUuidShape.size()) return false;
  for (size_t i = 0; i < kUuidShape.size(); ++i) {
    if (kUuidShape[i] == '-' ? text[i] != '-' : !IsHexDigit(text[i])) {
      return false;
    }
  }
  return text.size() == kUuidShape.size() ||
         !IsHexDigit(text[kUuidShape.size()]);
}

// Appends `text` with the placeholder for each run of decimal digits.
void AppendWithoutNumbers(std::string_view text, std::string& out) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (!IsDigit(text[i])) {
      out += text[i];
    } else if (i == 0 || !IsDigit(text[i - 1])) {
      out += kIdPlaceholder;
    }
  }
}

}  // namespace

std::string TemplateOfKey(std::string_view key) {
  std::string result;
  result.reserve(key.size());
  while (!key.empty()) {
    if (!IsHexDigit(key[0])) {
      result += key[0];
      key.remove_prefix(1);
      continue;
    }
    size_t size = HexadecimalRun(key);
    const std::string_view run = key.substr(0, size);
    if (BeginsWithUuid(key)) {
      size = kUuidShape.size();
      result += kIdPlaceholder;
    } else if (size >= kShortestHexadecimalId &&
               std::any_of(run.begin(), run.end(), IsDigit)) {
      result += kIdPlaceholder;
    } else {
      AppendWithoutNumbers(run, result);
    }
    key.remove_prefix(size);
  }
  return result;
}

}  // namespace slotplanner
