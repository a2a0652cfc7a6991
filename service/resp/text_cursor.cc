// SPDX-License-Identifier: Apache-2.0
#include "service/resp/text_cursor.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

// What a backslash and this character stand for; nothing for others, of which
// some have digits behind them.
std::optional<char> Unescape(char c) {
  constexpr std::string_view kNames = "\"\\/abfnrtv";
  constexpr std::string_view kBytes = "\"\\/\a\b\f\n\r\t\v";
  const size_t index = kNames.find(c);
  if (index == std::string_view::npos) return std::nullopt;
  return kBytes[index];
}

// The byte that hexadecimal digits stand for.
std::optional<char> ParseByte(std::string_view digits) {
  int byte = 0;
  for (const char c : digits) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) {
      return std::nullopt;
    }
    const int digit =
        c <= '9'
            ? c - '0'
            : absl::ascii_tolower(static_cast<unsigned char>(c)) - 'a' + 10;
    byte = byte * 16 + digit;
  }
  if (byte > 0xFF) return std::nullopt;
  return static_cast<char>(byte);
}

}  // namespace

bool TextCursor::Take(std::string_view prefix) {
  if (rest().substr(0, prefix.size()) != prefix) return false;
  at_ += prefix.size();
  return true;
}

void TextCursor::SkipAnyOf(std::string_view characters) {
  at_ = std::min(text_.find_first_not_of(characters, at_), text_.size());
}

std::string_view TextCursor::TakeLine() {
  const size_t end = std::min(text_.find('\n', at_), text_.size());
  std::string_view line = text_.substr(at_, end - at_);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  at_ = std::min(end + 1, text_.size());
  return line;
}

std::optional<int64_t> TextCursor::TakeInteger() {
  const std::string_view left = rest();
  size_t size = left.substr(0, 1) == "-" ? 1 : 0;
  while (size < left.size() &&
         absl::ascii_isdigit(static_cast<unsigned char>(left[size]))) {
    ++size;
  }
  int64_t integer = 0;
  if (!absl::SimpleAtoi(ToAbsl(left.substr(0, size)), &integer)) {
    return std::nullopt;
  }
  at_ += size;
  return integer;
}

absl::StatusOr<std::string> TextCursor::TakeQuoted() {
  if (!Take("\"")) return Error("a quote is missing");
  std::string bytes;
  while (!at_end() && next() != '"' && next() != '\n') {
    if (!Take("\\")) {
      bytes += next();
      Skip(1);
      continue;
    }
    if (const std::optional<char> byte = Unescape(next())) {
      bytes += *byte;
      Skip(1);
      continue;
    }
    const size_t digits = next() == 'x' ? 2 : next() == 'u' ? 4 : 0;
    if (digits == 0 || rest().size() <= digits) {
      return Error("an escape is not known");
    }
    const std::optional<char> byte = ParseByte(rest().substr(1, digits));
    if (!byte.has_value()) return Error("an escape is not known");
    bytes += *byte;
    Skip(1 + digits);
  }
  if (!Take("\"")) return Error("a quote is not closed");
  return bytes;
}

size_t TextCursor::Column() {
  const std::string_view unsearched = text_.substr(0, at_).substr(searched_);
  if (const size_t end = unsearched.rfind('\n');
      end != std::string_view::npos) {
    line_begin_ = searched_ + end + 1;
  }
  searched_ = at_;
  return at_ - line_begin_;
}

absl::Status TextCursor::Error(std::string_view reason) const {
  const std::string_view read = text_.substr(0, at_);
  const auto line = 1 + std::count(read.begin(), read.end(), '\n');
  return absl::InvalidArgumentError(
      absl::StrCat("line ", line, ": ", ToAbsl(reason)));
}

}  // namespace slotplanner
