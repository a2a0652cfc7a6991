// SPDX-License-Identifier: Apache-2.0
#include "client/cli/escapes.h"

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"

namespace slotplanner::cli {
namespace {

constexpr std::string_view kEscapedBytes = "\n\r\t\a\b";
constexpr std::string_view kEscapeLetters = "nrtab";

bool IsHexDigit(char c) {
  return absl::ascii_isxdigit(static_cast<unsigned char>(c));
}

}  // namespace

std::string QuoteBytes(std::string_view bytes) {
  static constexpr char kHexDigits[] = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (const size_t i = kEscapedBytes.find(c);
               i != std::string_view::npos) {
      quoted += {'\\', kEscapeLetters[i]};
    } else if (absl::ascii_isprint(byte)) {
      quoted += c;
    } else {
      quoted += {'\\', 'x', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
    }
  }
  return quoted + '"';
}

absl::StatusOr<std::string> DecodeEscapes(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    if (++i == text.size()) {
      return absl::InvalidArgumentError(
          "with --escapes, an argument cannot end in a lone backslash");
    }
    if (text[i] == 'x' && i + 2 < text.size() && IsHexDigit(text[i + 1]) &&
        IsHexDigit(text[i + 2])) {
      bytes += absl::HexStringToBytes(std::string(text.substr(i + 1, 2)));
      i += 2;
    } else if (const size_t letter = kEscapeLetters.find(text[i]);
               letter != std::string_view::npos) {
      bytes += kEscapedBytes[letter];
    } else {
      bytes += text[i];
    }
  }
  return bytes;
}

}  // namespace slotplanner::cli
